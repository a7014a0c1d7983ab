import type { Settings } from './settings.ts';

/** One option, as data: how it is written, what it does to the settings, and what help and completion say. */
export interface HtoolsOption {
  readonly short?: string;
  readonly long: string;
  /** Name of its argument in the help; undefined: it has none. */
  readonly argument?: string;
  /** The argument may be left out; when given, it must be joined to the option. */
  readonly optionalArgument?: boolean;
  readonly help: string;
  /** What completes its argument, in the words of Ganeti's --help-completion. */
  readonly completion: string;
  /** @throws HTOOLS_OPTION_VALUE */
  readonly apply: (settings: Settings, text: string | undefined) => Partial<Settings>;
}

type Spelling = readonly [short: string, long: string] | string;

const spell = (spelling: Spelling) => (typeof spelling === 'string' ? { long: spelling } : { short: spelling[0], long: spelling[1] });

/** An option without an argument. */
export function flag(
  spelling: Spelling,
  help: string,
  change: Partial<Settings> | ((settings: Settings) => Partial<Settings>),
): HtoolsOption {
  return { ...spell(spelling), help, completion: 'none', apply: typeof change === 'function' ? change : () => change };
}

/** An option with an argument. */
export function valued(
  spelling: Spelling,
  argument: string,
  completion: string,
  help: string,
  apply: (text: string, settings: Settings) => Partial<Settings>,
): HtoolsOption {
  return { ...spell(spelling), argument, completion, help, apply: (settings, text = '') => apply(text, settings) };
}

/** An option whose argument may be left out. */
export function optional(
  spelling: Spelling,
  argument: string,
  completion: string,
  help: string,
  apply: (text: string | undefined) => Partial<Settings>,
): HtoolsOption {
  return { ...spell(spelling), argument, optionalArgument: true, completion, help, apply: (_, text) => apply(text) };
}
