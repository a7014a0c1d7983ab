import { readFileSync } from 'node:fs';
import { GantryError } from '../../base/index.ts';
import { splitCommas } from './parse-values.ts';

/**
 * Parameters as texts: `key=value,…`, `@file` or `-` for standard input. A file has one `key=value` a line, in which commas
 * mean nothing; what it holds is not in the list of processes. Messages never show a value.
 * @throws INPUT_INVALID
 */
export function readKeyValues(text: string, field: string): Record<string, string> {
  const parts = text === '-' || text.startsWith('@') ? linesOf(text, field) : splitCommas(text);
  return Object.fromEntries(
    parts.map((part, index) => {
      const cut = part.indexOf('=');
      if (cut < 1) throw invalid(field, `part ${index + 1} is not of the form key=value`);
      return [part.slice(0, cut).trim(), part.slice(cut + 1)];
    }),
  );
}

function linesOf(text: string, field: string): string[] {
  try {
    // 0 is standard input.
    const content = readFileSync(text === '-' ? 0 : text.slice(1), 'utf8');
    return content.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  } catch (cause) {
    const problem = `${text === '-' ? 'standard input' : text.slice(1)} cannot be read: ${(cause as Error).message}`;
    throw new GantryError('INPUT_INVALID', { subject: 'command line', field, problem }, { cause });
  }
}

const invalid = (field: string, problem: string) => new GantryError('INPUT_INVALID', { subject: 'command line', field, problem });
