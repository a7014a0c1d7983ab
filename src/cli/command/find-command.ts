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
    if ('loadProgram' in indexed) return { kind: 'program', program: indexed, rest };
    return { kind: 'command', command: (await indexed.load()).command, rest };
  }
  const path = given.slice(0, firstOption(given));
  if (path.length === 0) return { kind: 'topic', path };
  const catalogue = await loadOpcodeCommands();
  const command = longestMatch(catalogue, given);
  if (command) return { kind: 'command', command, rest: given.slice(command.path.length) };
  const all = [...commandIndex.filter((entry) => !('hidden' in entry && entry.hidden)), ...catalogue].map((entry) => entry.path);
  if (path.length === 1 && all.some(([first]) => first === path[0])) return { kind: 'topic', path };
  throw unknownCommand(path, all);
}

/** The opcode catalogue is large, so it is loaded only when a command of it may be meant. */
export async function loadOpcodeCommands(): Promise<readonly Command[]> {
  return (await import('./opcode-commands.ts')).opcodeCommands();
}

function resolveAlias(words: readonly string[]): readonly string[] {
  const target = aliases[words.slice(0, 2).join(' ')];
  return target ? [...target.split(' '), ...words.slice(2)] : words;
}

function longestMatch<T extends { readonly path: readonly string[] }>(entries: readonly T[], words: readonly string[]): T | undefined {
  return entries.filter(({ path }) => path.every((word, index) => words[index] === word)).sort((a, b) => b.path.length - a.path.length)[0];
}

function unknownCommand(path: readonly string[], all: readonly (readonly string[])[]): GantryError {
  const [topic = '', verb] = path;
  const verbs = all.filter(([first]) => first === topic).map(([, second]) => second ?? '');
  if (verb !== undefined && verbs.length > 0) {
    const command = `${topic} ${verb}`;
    return new GantryError('CLI_COMMAND_UNKNOWN', { command, hint: suggestionHint(verb, [...verbs, ...aliasVerbs(topic)]) });
  }
  const topics = new Set(all.map(([first = '']) => first));
  return new GantryError('CLI_COMMAND_UNKNOWN', { command: topic, hint: suggestionHint(topic, topics) });
}

function aliasVerbs(topic: string): string[] {
  return Object.keys(aliases).flatMap((alias) => (alias.startsWith(`${topic} `) ? [alias.slice(topic.length + 1)] : []));
}

function firstOption(words: readonly string[]): number {
  const index = words.findIndex((word) => word.startsWith('-'));
  return index < 0 ? words.length : index;
}
