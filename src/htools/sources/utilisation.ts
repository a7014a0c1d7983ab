import type { DynamicLoad } from '../../placement/index.ts';
import { TextCursor } from './text/text-cursor.ts';

/**
 * Reads a file of loads: a line for each instance with its name and its load of processor, memory, disk and network,
 * one space between (source: hbal(1), option -U).
 * @throws HTOOLS_TEXT_INVALID
 */
export function parseUtilisation(text: string, file: string): ReadonlyMap<string, DynamicLoad> {
  const cursor = new TextCursor(file);
  cursor.section = 'utilisation';
  const loads = new Map<string, DynamicLoad>();
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const line of lines) {
    cursor.line++;
    const words = line.split(' ');
    if (words.length !== 5) return cursor.fail(`Cannot parse line ${line}`);
    const [name, cpu, memory, disk, network] = words as [string, string, string, string, string];
    loads.set(name, {
      cpu: cursor.real('cpu', cpu),
      memory: cursor.real('memory', memory),
      disk: cursor.real('disk', disk),
      network: cursor.real('network', network),
    });
  }
  return loads;
}
