import type { CompletedOption } from '../../htools/index.ts';
import type { ArgSpec, OptionSpec } from '../command/command.ts';
import { commandIndex } from '../command/command-index.ts';
import { loadOpcodeCommands } from '../command/find-command.ts';
import { globalOptions } from '../command/global-options.ts';

/**
 * What a shell needs to know, as strings by key. A value is a list of words; `@instance` in it stands for the names of that
 * kind, asked from the cluster, `@file` for files.
 */
export interface CompletionTable {
  /** By path ("instance", or "." for none): the next words. */
  readonly words: ReadonlyMap<string, string>;
  /** By path of a command: its options. */
  readonly options: ReadonlyMap<string, string>;
  /** By path and option ("instance add --os", or "* --output"): its values; no entry for switches. */
  readonly values: ReadonlyMap<string, string>;
  /** By path and position ("tag add 0"; "+" for all that follow): the values of the argument. */
  readonly args: ReadonlyMap<string, string>;
  /** Commands that are also there without "gantry" in front. */
  readonly programs: readonly string[];
}

interface Described {
  readonly path: readonly string[];
  readonly args: readonly ArgSpec[];
  readonly options: readonly OptionSpec[];
  /** Options of programs that read their own arguments. */
  readonly plainOptions?: readonly CompletedOption[];
  /** What completes each argument of such a program. */
  readonly plainArgs?: string | undefined;
}

export async function completionTable(): Promise<CompletionTable> {
  const table = {
    words: new Map<string, string>(),
    options: new Map<string, string>(),
    values: new Map<string, string>(),
    args: new Map<string, string>(),
    programs: commandIndex.flatMap((entry) => ('alone' in entry && entry.alone ? entry.path : [])),
  };
  for (const described of await allCommands()) {
    const path = described.path.join(' ');
    addWords(table.words, described.path);
    const { plainOptions, plainArgs } = described;
    const shown = [...described.options, ...globalOptions].filter(({ hidden }) => !hidden);
    const all = shown.flatMap(spellings);
    table.options.set(path, (plainOptions ? [...plainOptions.flatMap((option) => option.spellings), '--help'] : all).join(' '));
    for (const option of described.options) addValues(table.values, path, option);
    for (const { spellings: own, argument } of plainOptions ?? []) {
      if (argument !== undefined) for (const spelling of own) table.values.set(`${path} ${spelling}`, plainValues(argument));
    }
    if (plainArgs !== undefined) table.args.set(`${path} +`, plainValues(plainArgs));
    for (const [index, arg] of described.args.entries()) {
      const key = arg.variadic ? `${path} +` : `${path} ${index}`;
      const values = valuesOf(arg);
      if (values) table.args.set(key, values);
    }
  }
  for (const option of globalOptions) addValues(table.values, '*', option);
  return table;
}

async function allCommands(): Promise<readonly Described[]> {
  const result: Described[] = [];
  for (const entry of commandIndex) {
    if ('loadProgram' in entry) {
      const asked = await entry.loadCompletion?.();
      const plainOptions = asked?.options ?? entry.options?.map((option) => ({ spellings: [option] })) ?? [];
      result.push({ path: entry.path, args: [], options: [], plainOptions, plainArgs: asked?.args });
    } else if (!entry.hidden) {
      const { args = [], options = [] } = (await entry.load()).command;
      result.push({ path: entry.path, args, options });
    }
  }
  for (const { path, args = [], options = [] } of await loadOpcodeCommands()) result.push({ path, args, options });
  return result.sort((a, b) => (a.path.join(' ') < b.path.join(' ') ? -1 : 1));
}

function addWords(words: Map<string, string>, path: readonly string[]): void {
  for (const [index, word] of path.entries()) {
    const before = path.slice(0, index).join(' ') || '.';
    const known = words.get(before)?.split(' ') ?? [];
    if (!known.includes(word)) words.set(before, [...known, word].join(' '));
  }
}

function addValues(values: Map<string, string>, path: string, option: OptionSpec): void {
  if (option.value === undefined) return;
  for (const spelling of spellings(option)) values.set(`${path} ${spelling}`, valuesOf(option));
}

/** What completes an argument, from the words of Ganeti's --help-completion. */
function plainValues(completion: string): string {
  const [kind = '', choices = ''] = completion.split('=');
  return kind === 'choices' ? choices.replaceAll(',', ' ') : (plainKinds[kind] ?? '');
}

const plainKinds: Readonly<Record<string, string>> = {
  file: '@file',
  dir: '@file',
  onenode: '@node',
  manynodes: '@node',
  onegroup: '@group',
  manyinstances: '@instance',
};

const spellings = ({ short, long }: OptionSpec): string[] => [...(short ? [`-${short}`] : []), `--${long}`];

function valuesOf({ choices, complete }: Pick<ArgSpec, 'choices' | 'complete'>): string {
  // What the cluster has is less than what the words allow.
  if (complete) return `@${complete}`;
  return choices?.join(' ') ?? '';
}
