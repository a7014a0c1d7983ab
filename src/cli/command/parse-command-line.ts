import { GantryError } from '../../base/index.ts';
import type { ArgSpec, Command, OptionSpec, ParsedOptions } from './command.ts';
import { globalOptions } from './global-options.ts';
import { suggestionHint } from './suggest.ts';

export interface ParsedCommandLine {
  readonly args: readonly string[];
  readonly options: ParsedOptions;
}

/** Global options before the first word of the command, and what follows them. */
export function splitLeadingOptions(argv: readonly string[]): { leading: string[]; rest: string[] } {
  let index = 0;
  while (index < argv.length && argv[index]?.startsWith('-')) {
    const word = argv[index] ?? '';
    const option = findOption(globalOptions, word.split('=')[0] ?? '');
    if (!option) break;
    index += option.value && !word.includes('=') ? 2 : 1;
  }
  return { leading: argv.slice(0, index), rest: argv.slice(index) };
}

/**
 * Reads the words after a command's name. Options and arguments may be mixed; after `--` there are only arguments.
 * @throws CLI_OPTION_UNKNOWN, CLI_USAGE
 */
export function parseCommandLine(command: Pick<Command, 'path' | 'args' | 'options'>, words: readonly string[]): ParsedCommandLine {
  const known = [...(command.options ?? []), ...globalOptions];
  const options = new Map<string, string[] | boolean>();
  const args: string[] = [];
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === '--') {
      args.push(...queue.splice(0));
    } else if (word.startsWith('--')) {
      const cut = word.indexOf('=');
      const name = cut < 0 ? word : word.slice(0, cut);
      take(command, known, options, name, cut < 0 ? undefined : word.slice(cut + 1), queue);
    } else if (/^-[^\d-]/.test(word)) {
      takeShort(command, known, options, word, queue);
    } else {
      args.push(word);
    }
  }
  // Asking for help must not fail on what is missing.
  if (!options.has('help')) checkArguments(command, args);
  return { args, options };
}

/** `-abc` is `-a -b -c`, or `-a` with the value `bc`. */
function takeShort(
  command: Pick<Command, 'path'>,
  known: readonly OptionSpec[],
  options: Map<string, string[] | boolean>,
  word: string,
  queue: string[],
): void {
  for (let index = 1; index < word.length; index++) {
    const name = `-${word[index]}`;
    const rest = word.slice(index + 1).replace(/^=/, '');
    if (findOption(known, name)?.value) return take(command, known, options, name, rest || undefined, queue);
    take(command, known, options, name, undefined, queue);
  }
}

function take(
  command: Pick<Command, 'path'>,
  known: readonly OptionSpec[],
  options: Map<string, string[] | boolean>,
  name: string,
  inline: string | undefined,
  queue: string[],
): void {
  const option = findOption(known, name);
  const path = command.path.join(' ');
  if (!option) {
    const hint = name.startsWith('--')
      ? suggestionHint(
          name,
          known.map(({ long }) => `--${long}`),
        )
      : '';
    throw new GantryError('CLI_OPTION_UNKNOWN', { option: name, command: path, hint });
  }
  if (!option.value) {
    if (inline !== undefined) throw usage(path, `${name} is a switch and takes no value.`);
    options.set(option.key, !option.negated);
    return;
  }
  const value = inline ?? queue.shift();
  if (value === undefined) throw usage(path, `${name} needs a value: ${name} <${option.value}>.`);
  checkChoice(path, name, option.choices, value);
  const earlier = options.get(option.key);
  options.set(option.key, [...(Array.isArray(earlier) ? earlier : []), value]);
}

function findOption(known: readonly OptionSpec[], name: string): OptionSpec | undefined {
  if (name.startsWith('--')) return known.find(({ long }) => `--${long}` === name);
  return known.find(({ short }) => short !== undefined && `-${short}` === name);
}

function checkArguments(command: Pick<Command, 'path' | 'args'>, args: readonly string[]): void {
  const specs: readonly ArgSpec[] = command.args ?? [];
  const path = command.path.join(' ');
  const missing = specs.slice(args.length).find(({ optional }) => !optional);
  if (missing) throw usage(path, `"gantry ${path}" needs ${missing.help} (<${missing.name}>).`);
  const extra = specs.at(-1)?.variadic ? undefined : args[specs.length];
  if (extra !== undefined) throw usage(path, `"gantry ${path}" has no place for "${extra}".`);
  for (const [index, value] of args.entries()) {
    const spec = specs[Math.min(index, specs.length - 1)];
    if (spec) checkChoice(path, `<${spec.name}>`, spec.choices, value);
  }
}

function checkChoice(path: string, name: string, choices: readonly string[] | undefined, value: string): void {
  if (!choices || choices.includes(value)) return;
  throw usage(path, `${name} is one of ${choices.join(', ')}, not "${value}".${suggestionHint(value, choices)}`);
}

/** A complaint about the command line. */
export function usage(command: string, problem: string): GantryError {
  return new GantryError('CLI_USAGE', { command, problem });
}
