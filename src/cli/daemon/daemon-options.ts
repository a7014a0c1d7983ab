import { parseArgs } from 'node:util';
import { GantryError } from '../../base/index.ts';
import type { CompletedOption } from '../../htools/index.ts';
import { suggestionHint } from '../command/suggest.ts';
import type { OptionTable } from './option-table.ts';
import { readOptionsFile } from './options-file.ts';

/** A command of this host: a daemon, or what sets up what daemons need. */
export interface HostCommand<T extends OptionTable = OptionTable> {
  /** Without "gantry". */
  readonly name: string;
  /** One sentence without its full stop. */
  readonly summary: string;
  /** Whole lines below the usage. */
  readonly details?: string;
  readonly options: T;
  /** The option whose value may also be given as a bare word. */
  readonly word?: keyof T & string;
  readonly examples?: readonly string[];
}

type Parsed<T extends OptionTable> = {
  readonly [K in keyof T]: T[K] extends { flag: true }
    ? boolean
    : T[K] extends { many: true }
      ? string[]
      : T[K] extends { required: true } | { default: string }
        ? string
        : string | undefined;
};

/** What the options of a command say. */
export type DaemonOptions<C extends HostCommand> = Parsed<C['options']>;

/** For commands that systemd starts: what their command line says goes before what the file says. */
export const optionsFileOption = {
  value: 'FILE',
  help: 'file with more options of this command, one per line: name = value',
} as const satisfies OptionTable[string];

/**
 * Reads `--name value` options, and those of the file that `--options-file` names.
 * @returns undefined after it printed the help that was asked for
 * @throws CLI_OPTION_UNKNOWN, CLI_USAGE, DAEMON_OPTIONS_UNREADABLE
 */
export function daemonOptions<const C extends HostCommand>(command: C, args: readonly string[]): DaemonOptions<C> | undefined {
  const values = parse(command, args);
  if (values['help']) {
    process.stdout.write(helpText(command));
    return undefined;
  }
  const file = 'options-file' in command.options ? values['options-file'] : undefined;
  if (typeof file === 'string') {
    for (const [name, value] of Object.entries(readOptionsFile(file, command.options))) values[name] ??= value;
  }
  for (const [name, { default: fallback, many, required, flag }] of Object.entries<OptionTable[string]>(command.options)) {
    values[name] ??= many ? [] : flag ? false : fallback;
    if (required && values[name] === undefined) throw usage(command, `--${name} is missing.`);
  }
  return values as DaemonOptions<C>;
}

function parse({ name: command, options: table, word }: HostCommand, args: readonly string[]): Record<string, unknown> {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { many, flag }]) => [
      name,
      flag ? { type: 'boolean' as const } : { type: 'string' as const, multiple: many ?? false },
    ]),
  );
  const { values, tokens } = parseArgs({
    args: [...args],
    options: { ...options, help: { type: 'boolean', short: 'h' } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const known = [...Object.keys(table), 'help'];
  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (word === undefined || values[word] !== undefined)
        throw usage({ name: command }, `"gantry ${command}" has no place for "${token.value}".`);
      values[word] = token.value;
    }
    if (token.kind !== 'option') continue;
    const { name, rawName: option, value } = token;
    if (!known.includes(name)) {
      const spellings = known.map((one) => `--${one}`);
      throw new GantryError('CLI_OPTION_UNKNOWN', { option, command, hint: suggestionHint(option, spellings) });
    }
    const { flag = true, value: placeholder = 'VALUE' } = table[name] ? { flag: false, ...table[name] } : {};
    if (flag && value !== undefined) throw usage({ name: command }, `${option} is a switch and takes no value.`);
    if (!flag && (value === undefined || value === '' || value.startsWith('--')))
      throw usage({ name: command }, `${option} needs a value: ${option} ${placeholder}.`);
  }
  return values;
}

/** `host:port`, an IPv6 address in brackets. @throws INPUT_INVALID */
export function parseAddress(command: string, option: string, text: string): { host: string; port: number } {
  const match = /^(.+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (!match?.[1] || port > 65535) {
    throw new GantryError('INPUT_INVALID', {
      subject: `gantry ${command}`,
      field: option,
      problem: `"${text}" is not of the form address:port`,
    });
  }
  return { host: match[1].replace(/^\[(.*)\]$/, '$1'), port };
}

const usage = ({ name: command }: Pick<HostCommand, 'name'>, problem: string) => new GantryError('CLI_USAGE', { command, problem });

function helpText({ name, summary, details, options, word, examples = [] }: HostCommand): string {
  const rows = Object.entries(options).map(([option, { help, value = 'VALUE', default: fallback, required, flag }]) => {
    const note = required ? ' (required)' : fallback === undefined ? '' : ` (default ${fallback})`;
    return [`--${option}${flag ? '' : ` ${value}`}`, `${help}${note}`] as const;
  });
  const called = word === undefined ? name : `${name} ${options[word]?.value ?? 'VALUE'}`;
  const width = Math.max(...rows.map(([left]) => left.length));
  return [
    `Usage: gantry ${called} [options]\n\n${summary}.\n`,
    details === undefined ? '' : `${details}\n`,
    `\nOptions:\n${rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('')}`,
    examples.length === 0 ? '' : `\nExamples:\n${examples.map((example) => `  ${example}\n`).join('')}`,
  ].join('');
}

/** What a shell completes. */
export function completedDaemonOptions({ options }: HostCommand): { readonly options: readonly CompletedOption[] } {
  const kinds: Readonly<Record<string, string>> = { FILE: 'file', FOLDER: 'dir' };
  return {
    options: Object.entries(options).map(([name, { flag, value = '' }]) => ({
      spellings: [`--${name}`],
      ...(flag ? {} : { argument: kinds[value] ?? 'string' }),
    })),
  };
}
