import { formatPlain } from './format-values.ts';
import { paint, printLine } from './print.ts';

/** A page about one thing: titles with values, and sections of them. */
export type Details = readonly (readonly [title: string, value: unknown])[];

/** Prints titles and values in two columns; a value that is an object or a list of details becomes an indented section. */
export function printDetails(details: Details, indent = ''): void {
  const plain = details.filter(([, value]) => !isSection(value));
  const width = Math.max(0, ...plain.map(([title]) => title.length));
  for (const [title, value] of details) {
    if (!isSection(value)) {
      printLine(`${indent}${paint('bold', `${title}:`)}${' '.repeat(width - title.length + 1)}${formatPlain(value)}`.trimEnd());
      continue;
    }
    printLine(`${indent}${paint('bold', `${title}:`)}`);
    printDetails(Array.isArray(value) ? (value as unknown as Details) : Object.entries(value as object), `${indent}  `);
  }
}

function isSection(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every((part) => Array.isArray(part) && part.length === 2);
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}
