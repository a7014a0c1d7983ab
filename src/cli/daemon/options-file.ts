import { readFileSync } from 'node:fs';
import { GantryError } from '../../base/index.ts';
import type { OptionTable } from './option-table.ts';

type Values = Record<string, string | string[] | boolean>;

/**
 * Options of a daemon as its file in /etc/gantry has them: `name = value` lines, empty lines, and lines that begin with `#`.
 * An option that may be repeated has a line for each value; a switch is `yes` or `no`.
 * @throws DAEMON_OPTIONS_UNREADABLE
 */
export function readOptionsFile(path: string, table: OptionTable): Values {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new GantryError('DAEMON_OPTIONS_UNREADABLE', { place: path, problem: (error as Error).message }, { cause: error });
  }
  const values: Values = {};
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.trim().startsWith('#')) continue;
    const problem = take(values, table, line);
    if (problem) throw new GantryError('DAEMON_OPTIONS_UNREADABLE', { place: `${path}, line ${index + 1}`, problem });
  }
  return values;
}

/** @returns what is wrong with the line, if something is */
function take(values: Values, table: OptionTable, line: string): string | undefined {
  const [, name = '', value = ''] = /^\s*([a-z][a-z-]*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
  if (name === '' || value === '') return 'it is not of the form: name = value';
  const option = Object.hasOwn(table, name) && name !== 'options-file' ? table[name] : undefined;
  if (!option) return `there is no option "${name}"`;
  if (option.many) {
    const before = values[name];
    values[name] = [...(Array.isArray(before) ? before : []), value];
    return undefined;
  }
  if (Object.hasOwn(values, name)) return `"${name}" occurs twice`;
  if (option.flag && value !== 'yes' && value !== 'no') return `"${name}" is a switch: yes or no`;
  values[name] = option.flag ? value === 'yes' : value;
  return undefined;
}

/** The text of such a file. @param options in their order; an undefined one is left out */
export function optionsFileText(command: string, options: Readonly<Record<string, string | readonly string[] | undefined>>): string {
  const lines = Object.entries(options).flatMap(([name, value]) => [value ?? []].flat().map((one) => `${name} = ${one}`));
  return `# Options of "gantry ${command}", one per line: name = value. "gantry ${command} --help" lists them.\n${lines.join('\n')}\n`;
}
