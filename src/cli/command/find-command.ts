import { GantryError } from '../../base/index.ts';
import type { Command } from './command.ts';
import { aliases, commandIndex, type ProgramEntry } from './command-index.ts';
import { suggestionHint } from './suggest.ts';

/** What the words of a command line name. */
export type Found =
  | { readonly kind: 'command'; readonly command: Command; readonly rest: readonly string[] }
  | { readonly kind: 'program'; readonly program: ProgramEntry; readonly rest: readonly string[] }
  /** Words that commands begin with, such as `instance`, or none at all. */
  | { readonly kind: 'topic'; readonly path: readonly string[] };

/** Finds the command that the first words name. Only its module is loaded. @throws CLI_COMMAND_UNKNOWN */
export async function findCommand(words: readonly string[]): Promise<Found> {
  const given = resolveAlias(words);
  const indexed = longestMatch(commandIndex, given);
  if (indexed) {
    const rest = given.slice(indexed.path.length);
    if (isPartOfLonger(given, indexed.path.length)) throw unknownCommand(given.slice(0, firstOption(given)), shownPaths([]));
    if ('loadProgram' in indexed) return { kind: 'program', program: indexed, rest };
    return { kind: 'command', command: (await indexed.load()).command, rest };
  }
  const path = given.slice(0, firstOption(given));
  if (path.length === 0) return { kind: 'topic', path };
  const catalogue = await loadOpcodeCommands();
  const command = longestMatch(catalogue, given);
  if (command) return { kind: 'command', command, rest: given.slice(command.path.length) };
  const all = shownPaths(catalogue);
  if (path.length === 1 && all.some(([first]) => first === path[0])) return { kind: 'topic', path };
  const later = await laterOperation(path);
  if (later) throw new GantryError('CLI_COMMAND_NOT_YET', { command: path.slice(0, 2).join(' '), operation: later });
  throw unknownCommand(path, all);
}

/** They are loaded only when one of them may be meant. */
export async function loadOpcodeCommands(): Promise<readonly Command[]> {
  return (await import('./opcode-commands.ts')).opcodeCommands();
}

/** What a command of Ganeti does that Gantry does not have so far; a topic that is all of such commands counts as well. */
async function laterOperation(path: readonly string[]): Promise<string | undefined> {
  const { ganetiOperations } = await import('../../model/index.ts');
  const name = path.slice(0, 2).join(' ');
  const isMeant = (command: string) => command === name || (path.length === 1 && command.startsWith(`${name} `));
  return ganetiOperations.find(({ commands = [] }) => commands.some(isMeant))?.operation;
}

function resolveAlias(words: readonly string[]): readonly string[] {
  const target = aliases[words.slice(0, 2).join(' ')];
  return target ? [...target.split(' '), ...words.slice(2)] : words;
}

function longestMatch<T extends { readonly path: readonly string[] }>(entries: readonly T[], words: readonly string[]): T | undefined {
  return entries.filter(({ path }) => path.every((word, index) => words[index] === word)).sort((a, b) => b.path.length - a.path.length)[0];
}

/** Whether the words after a command begin another one's name: "monitor plugin" is no argument of "monitor". */
function isPartOfLonger(words: readonly string[], length: number): boolean {
  return commandIndex.some(({ path }) => path.length > length && path.slice(0, length + 1).every((word, index) => words[index] === word));
}

function shownPaths(catalogue: readonly Command[]): (readonly string[])[] {
  return [...commandIndex.filter((entry) => !('hidden' in entry && entry.hidden)), ...catalogue].map(({ path }) => path);
}

/** Names the first word that no command has at its place, and what it may have meant. */
function unknownCommand(words: readonly string[], all: readonly (readonly string[])[]): GantryError {
  const begunBy = (length: number) =>
    all.filter((path) => path.length >= length && path.slice(0, length).every((word, index) => words[index] === word));
  const known = words.findLastIndex((_, index) => begunBy(index).some((path) => path.length > index));
  const [before, word] = [words.slice(0, known), words[known] ?? ''];
  const next = begunBy(known).map((path) => path[known] ?? '');
  if (next.includes(word)) {
    const whole = begunBy(known + 1).map((path) => `"${path.join(' ')}"`);
    return new GantryError('CLI_COMMAND_UNKNOWN', { command: words.slice(0, known + 1).join(' '), hint: ` There is ${whole.join(', ')}.` });
  }
  const others = known === 1 ? aliasVerbs(before[0] ?? '') : [];
  return new GantryError('CLI_COMMAND_UNKNOWN', {
    command: [...before, word].join(' '),
    hint: suggestionHint(word, new Set([...next.filter((one) => one !== ''), ...others])),
  });
}

function aliasVerbs(topic: string): string[] {
  return Object.keys(aliases).flatMap((alias) => (alias.startsWith(`${topic} `) ? [alias.slice(topic.length + 1)] : []));
}

function firstOption(words: readonly string[]): number {
  const index = words.findIndex((word) => word.startsWith('-'));
  return index < 0 ? words.length : index;
}
