import { formatPlain } from './format-values.ts';
import { paint, printLine } from './print.ts';

/** A value that is ready to be printed: what is in it, such as colours, is meant. */
export class Painted {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A page about one thing: titles with values, and sections of them. */
export type Details = readonly (readonly [title: string, value: unknown])[];

/** Prints titles and values in two columns; a value that is an object or a list of details becomes an indented section. */
export function printDetails(details: Details, indent = ''): void {
  const plain = details.filter(([, value]) => !isSection(value));
  const width = Math.max(0, ...plain.map(([title]) => title.length));
  for (const [title, value] of details) {
    if (!isSection(value)) {
      const shown = value instanceof Painted ? value.text : formatPlain(value);
      printLine(`${indent}${paint('bold', `${title}:`)}${' '.repeat(width - title.length + 1)}${shown}`.trimEnd());
      continue;
    }
    printLine(`${indent}${paint('bold', `${title}:`)}`);
    printDetails(detailsOf(value as object), `${indent}  `);
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Painted);
const isPair = (value: unknown): boolean => Array.isArray(value) && value.length === 2 && typeof value[0] === 'string';

function isSection(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && (value.every(isPair) || value.every(isObject));
  return isObject(value) && Object.keys(value).length > 0;
}

/** Titles and values as they are, of an object, or of a list of objects by position. */
function detailsOf(value: object): Details {
  return Array.isArray(value) && value.every(isPair) ? value : Object.entries(value);
}
