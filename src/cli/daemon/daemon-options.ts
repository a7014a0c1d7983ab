import { parseArgs } from 'node:util';
import { GantryError } from '../../base/index.ts';

/** An option of a daemon: its default, or undefined where it must be given. */
export type OptionTable = Readonly<
  Record<
    string,
    {
      readonly help: string;
      readonly default?: string;
      readonly many?: boolean;
      readonly required?: boolean;
      /** Takes no value. */
      readonly flag?: boolean;
    }
  >
>;

type Parsed<T extends OptionTable> = {
  readonly [K in keyof T]: T[K] extends { flag: true }
    ? boolean
    : T[K] extends { many: true }
      ? string[]
      : T[K] extends { required: true } | { default: string }
        ? string
        : string | undefined;
};

/**
 * Reads `--name value` options.
 * @returns undefined after it printed the help that was asked for
 * @throws INPUT_INVALID naming the option
 */
export function daemonOptions<const T extends OptionTable>(command: string, table: T, args: readonly string[]): Parsed<T> | undefined {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { many, flag }]) => [
      name,
      flag ? { type: 'boolean' as const } : { type: 'string' as const, multiple: many ?? false },
    ]),
  );
  let values: Record<string, unknown>;
  try {
    ({ values } = parseArgs({ args: [...args], options: { ...options, help: { type: 'boolean' } }, strict: true }));
  } catch (error) {
    throw invalid(command, 'options', (error as Error).message);
  }
  if (values['help']) {
    process.stdout.write(helpText(command, table));
    return undefined;
  }
  for (const [name, { default: fallback, many, required, flag }] of Object.entries(table)) {
    values[name] ??= many ? [] : flag ? false : fallback;
    if (required && values[name] === undefined) throw invalid(command, `--${name}`, 'is missing');
  }
  return values as Parsed<T>;
}

/** `host:port`, an IPv6 address in brackets. @throws INPUT_INVALID */
export function parseAddress(command: string, option: string, text: string): { host: string; port: number } {
  const match = /^(.+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (!match?.[1] || port > 65535) throw invalid(command, option, `"${text}" is not of the form address:port`);
  return { host: match[1].replace(/^\[(.*)\]$/, '$1'), port };
}

const invalid = (command: string, field: string, problem: string) =>
  new GantryError('INPUT_INVALID', { subject: `gantry ${command}`, field, problem });

function helpText(command: string, table: OptionTable): string {
  const rows = Object.entries(table).map(([name, { help, default: fallback, required }]) => {
    const note = required ? ' (required)' : fallback === undefined ? '' : ` (default ${fallback})`;
    return `  --${name.padEnd(28)} ${help}${note}\n`;
  });
  return `Usage: gantry ${command} [options]\n\n${rows.join('')}`;
}
