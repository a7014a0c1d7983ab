import type { ClusterClient } from '../connect/cluster-client.ts';

/** Kinds of names that the shell completes by asking the cluster, and lists of words that never change. */
export type CompletionKind = 'instance' | 'node' | 'group' | 'network' | 'os' | 'disk-template' | 'job' | 'cluster' | 'file';

export interface ArgSpec {
  readonly name: string;
  readonly help: string;
  readonly complete?: CompletionKind;
  /** The only words allowed. */
  readonly choices?: readonly string[];
  readonly optional?: boolean;
  /** Takes all that is left; only the last argument may. */
  readonly variadic?: boolean;
}

export interface OptionSpec {
  /** Name under which its value is found. */
  readonly key: string;
  /** One letter. */
  readonly short?: string;
  readonly long: string;
  /** What stands for its value in help; absent for a switch. */
  readonly value?: string;
  /** A switch written `--no-…`: giving it means false, unless its parameter is itself called `no_…`. */
  readonly negated?: boolean;
  /** May be given more than once. */
  readonly repeat?: boolean;
  /** Understood, but neither shown in help nor completed. */
  readonly hidden?: boolean;
  readonly help: string;
  readonly complete?: CompletionKind;
  readonly choices?: readonly string[];
}

/** Values as given: texts of an option with a value, in order; true or false of a switch. */
export type ParsedOptions = ReadonlyMap<string, readonly string[] | boolean>;

export type OutputMode = 'table' | 'json';

/** What a running command has at hand. */
export interface Session {
  readonly output: OutputMode;
  /** Opens the connection on first use. */
  readonly client: () => ClusterClient;
}

export interface Invocation extends Session {
  readonly command: Command;
  /** Positional arguments by the position of their specification; a variadic one takes the rest. */
  readonly args: readonly string[];
  readonly options: ParsedOptions;
}

export interface Command {
  readonly path: readonly string[];
  readonly summary: string;
  /** More than the summary, for its help page. */
  readonly details?: string;
  readonly args?: readonly ArgSpec[];
  readonly options?: readonly OptionSpec[];
  readonly examples?: readonly string[];
  /** It needs no cluster. */
  readonly local?: boolean;
  /** Does the work and returns the exit code. */
  run(invocation: Invocation): Promise<number>;
}

/** The last text given for an option. */
export function textOption(options: ParsedOptions, key: string): string | undefined {
  const value = options.get(key);
  return Array.isArray(value) ? (value as readonly string[]).at(-1) : undefined;
}

/** All texts given for an option. */
export function textOptions(options: ParsedOptions, key: string): readonly string[] {
  const value = options.get(key);
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

/** Whether a switch was given. */
export function switchOption(options: ParsedOptions, key: string): boolean {
  return options.get(key) === true;
}

/**
 * An option from the usual notation: `-o, --os <os>`, `--force`, `--no-start`.
 * @example defineOption('-n, --node <node>', 'primary node', { complete: 'node' })
 */
export function defineOption(flags: string, help: string, more: Partial<OptionSpec> = {}): OptionSpec {
  const match = /^(?:-(\w), )?--([\w-]+)(?: <([^>]+)>)?$/.exec(flags);
  if (!match?.[2]) throw new TypeError(`not the notation of an option: ${flags}`);
  const [, short, long, value] = match;
  // `--no-remember` of a parameter `no_remember` says what the parameter says; of one called `remember` it says the opposite.
  const negated = value === undefined && long.startsWith('no-') && !more.key?.startsWith('no_') && more.negated !== false;
  return {
    key: negated ? long.slice(3) : long,
    long,
    help,
    ...(short ? { short } : {}),
    ...(value ? { value } : {}),
    ...more,
    negated,
  };
}
