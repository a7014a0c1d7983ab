import type { ClusterData } from '../../placement/index.ts';
import { readSourceFile } from './read-source-file.ts';
import { TextCursor } from './text/text-cursor.ts';

/**
 * Reads a figure for each instance: a line with its name and a number from 0 on, one space between.
 * @param section what the figures are, for errors
 * @throws HTOOLS_TEXT_INVALID
 */
export function parseInstanceFigures(text: string, file: string, section: string): ReadonlyMap<string, number> {
  const cursor = new TextCursor(file);
  cursor.section = section;
  const figures = new Map<string, number>();
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const line of lines) {
    cursor.line++;
    const [name, amount, more] = line.split(' ');
    if (!name || amount === undefined || more !== undefined) return cursor.fail(`Cannot parse line ${line}`);
    if (figures.has(name)) return cursor.fail(`There is a second line for ${name}`);
    figures.set(name, cursor.real(section, amount));
  }
  return figures;
}

/** The figures in a file for the instances of a cluster; undefined where there are none. Names that nobody has are warned of. */
export async function readInstanceFigures(
  { instances }: ClusterData,
  file: string | undefined,
  section: string,
  warn: (message: string) => void,
): Promise<readonly (number | undefined)[]> {
  if (file === undefined) return [];
  const figures = parseInstanceFigures(await readSourceFile(file), file, section);
  const known = new Set(instances.map(({ name }) => name));
  const unknown = [...figures.keys()].filter((name) => !known.has(name));
  if (unknown.length > 0) warn(`${file} names instances that do not exist: ${unknown.join(', ')}`);
  return instances.map(({ name }) => figures.get(name));
}
