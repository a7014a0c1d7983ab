import { setFlagsFromString } from 'node:v8';

// V8's second engine matches in linear time, so that a pattern from outside cannot hang the server.
setFlagsFromString('--enable-experimental-regexp-engine');

/**
 * A regular expression that takes time in proportion to the text. As in Ganeti's filters, `(?i)` in front makes capitals
 * the same as small letters, `(?s)` lets a dot fit the end of a line.
 * @throws SyntaxError, also for back references and look-around
 */
export function linearRegExp(pattern: string): { test(text: string): boolean } {
  const [, flags = '', rest = pattern] = /^\(\?([is]+)\)(.*)$/s.exec(pattern) ?? [];
  const dots = flags.includes('s') ? 's' : '';
  if (!flags.includes('i')) return new RegExp(rest, `l${dots}`);
  // The engine knows no flag for this. Letters behind a backslash have a meaning of their own.
  const small = new RegExp(
    rest.replace(/\\.|[A-Z]+/gs, (part) => (part.startsWith('\\') ? part : part.toLowerCase())),
    `l${dots}`,
  );
  return { test: (text) => small.test(text.toLowerCase()) };
}
