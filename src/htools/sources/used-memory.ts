import { TextCursor } from './text/text-cursor.ts';

/**
 * Reads a file of used memory: a line for each instance with its name and the MiB that it really uses, one space between.
 * @throws HTOOLS_TEXT_INVALID
 */
export function parseUsedMemory(text: string, file: string): ReadonlyMap<string, number> {
  const cursor = new TextCursor(file);
  cursor.section = 'used memory';
  const used = new Map<string, number>();
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const line of lines) {
    cursor.line++;
    const [name, amount, more] = line.split(' ');
    if (!name || amount === undefined || more !== undefined) return cursor.fail(`Cannot parse line ${line}`);
    if (used.has(name)) return cursor.fail(`There is a second line for ${name}`);
    used.set(name, cursor.integer('used memory', amount));
  }
  return used;
}
