import { type ParseArgsConfig, parseArgs } from 'node:util';
import { GantryError } from '../../base/index.ts';
import { usage } from '../command/parse-command-line.ts';

/** Reads the options of `up`, `down` and `test`. @throws CLI_USAGE */
export function localOptions<const T extends NonNullable<ParseArgsConfig['options']>>(
  command: string,
  args: readonly string[],
  options: T,
) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw usage(command, (error as Error).message);
  }
}

/** @throws LOCAL_NAME_INVALID */
export function requireLocalName(name: string): string {
  if (!/^[a-z]([a-z0-9-]{0,22}[a-z0-9])?$/.test(name)) throw new GantryError('LOCAL_NAME_INVALID', { name });
  return name;
}

/** @throws LOCAL_OPTION_INVALID */
export function wholeNumber(option: string, value: string, least: number, most: number): number {
  const number = /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new GantryError('LOCAL_OPTION_INVALID', { option, value, problem: `it is not a whole number from ${least} to ${most}` });
}

/** @throws LOCAL_NOT_ROOT */
export function requireRoot(command: string): void {
  if (process.getuid?.() !== 0) throw new GantryError('LOCAL_NOT_ROOT', { command });
}

/** @throws CLI_USAGE */
export function outputMode(command: string, value: string): 'table' | 'json' {
  if (value === 'table' || value === 'json') return value;
  throw usage(command, `--output is one of table, json, not "${value}".`);
}
