import { GantryError } from '../../base/index.ts';
import { flag, type HtoolsOption } from './option.ts';
import { optionCatalogue } from './option-catalogue.ts';
import type { HtoolsProgram } from './programs.ts';
import { defaultSettings, type Settings } from './settings.ts';

/** What every program answers instead of doing its work. */
export type Question = 'help' | 'version' | 'help-completion';

export interface ParsedOptions {
  readonly settings: Settings;
  readonly args: readonly string[];
  /** Set when the user only wants to know something. */
  readonly question: Question | undefined;
}

const questionOptions: readonly HtoolsOption[] = [
  flag(['V', 'version'], 'print the version', {}),
  flag(['h', 'help'], 'print this help', {}),
  flag('help-completion', 'print the data for shell completion', {}),
];

/** The options of a program, those that all programs have last. */
export const optionsOf = (program: HtoolsProgram): readonly HtoolsOption[] => [
  ...program.options.map((name) => optionCatalogue[name]),
  ...questionOptions,
];

interface Given {
  readonly option: HtoolsOption;
  readonly text: string | undefined;
}

/**
 * Understands a command line as GNU getopt_long does, which Ganeti's programs follow: options and arguments in any order,
 * switches joined (`-vvp`), values joined or not (`-l5`, `-l 5`), long names cut short while they stay unambiguous, `--` as
 * the end of options.
 * @throws HTOOLS_OPTIONS_INVALID when the form is wrong, HTOOLS_OPTION_VALUE when a value is
 */
export function parseOptions(program: HtoolsProgram, words: readonly string[]): ParsedOptions {
  const options = optionsOf(program);
  const given: Given[] = [];
  const args: string[] = [];
  const problems: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (word === '--') {
      args.push(...words.slice(at + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') args.push(word);
    else if (word.startsWith('--')) at += readLong(options, word.slice(2), words[at + 1], given, problems);
    else at += readShort(options, word.slice(1), words[at + 1], given, problems);
  }
  if (problems.length > 0) throw new GantryError('HTOOLS_OPTIONS_INVALID', { problem: problems.join('\n') });
  let settings = defaultSettings;
  for (const { option, text } of given) settings = { ...settings, ...option.apply(settings, text) };
  const asked = (name: Question) => given.some(({ option }) => option.long === name);
  return { settings, args, question: (['help', 'version', 'help-completion'] as const).find(asked) };
}

/** @returns how many of the following words it took */
function readLong(options: readonly HtoolsOption[], word: string, next: string | undefined, given: Given[], problems: string[]): 0 | 1 {
  const equals = word.indexOf('=');
  const name = equals < 0 ? word : word.slice(0, equals);
  const joined = equals < 0 ? undefined : word.slice(equals + 1);
  const exact = options.filter(({ long }) => long === name);
  const matching = exact.length > 0 ? exact : options.filter(({ long }) => long.startsWith(name));
  const [option] = matching;
  if (option === undefined) problems.push(`unrecognized option \`--${name}'`);
  else if (matching.length > 1) {
    problems.push(`option \`--${name}' is ambiguous; could be one of: ${matching.map(({ long }) => `--${long}`).join(' ')}`);
  } else return take(option, `--${name}`, joined, next, given, problems);
  return 0;
}

/** @returns how many of the following words it took */
function readShort(options: readonly HtoolsOption[], letters: string, next: string | undefined, given: Given[], problems: string[]): 0 | 1 {
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at] as string;
    const option = options.find(({ short }) => short === letter);
    if (option === undefined) problems.push(`unrecognized option \`-${letter}'`);
    else if (option.argument === undefined) given.push({ option, text: undefined });
    else return take(option, `-${letter}`, letters.slice(at + 1) || undefined, next, given, problems);
  }
  return 0;
}

function take(
  option: HtoolsOption,
  written: string,
  joined: string | undefined,
  next: string | undefined,
  given: Given[],
  problems: string[],
): 0 | 1 {
  if (option.argument === undefined && joined !== undefined) problems.push(`option \`${written}' doesn't allow an argument`);
  else if (option.argument === undefined || option.optionalArgument || joined !== undefined) given.push({ option, text: joined });
  else if (next === undefined) problems.push(`option \`${written}' requires an argument ${option.argument}`);
  else {
    given.push({ option, text: next });
    return 1;
  }
  return 0;
}
