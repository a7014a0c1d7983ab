import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import { printable } from '../../base/index.ts';

type Style = Parameters<typeof styleText>[0];

/** Text in a colour when the stream is a terminal that wants it (NO_COLOR and TERM=dumb are respected). */
export function paint(style: Style, text: string, stream: Writable = process.stdout): string {
  if (process.env['TERM'] === 'dumb' || process.env['NO_COLOR']) return text;
  return (stream as Partial<NodeJS.WriteStream>).isTTY ? styleText(style, text, { validateStream: false }) : text;
}

/** A line on standard output: what the command was asked for. */
export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A line on standard error: what goes on beside it. */
export function printNote(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A JSON document on standard output, one object a file. */
export function printJson(value: unknown): void {
  printLine(JSON.stringify(value, null, 2));
}

/** Text from elsewhere (a log, a name) without what could steer the terminal. */
export function harmless(text: string): string {
  return printable(text.replaceAll('\r', ''));
}
