import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { GantryError } from '../../base/index.ts';

/** The text of a file; `-` is the standard input. @throws HTOOLS_SOURCE_UNREADABLE */
export async function readSourceFile(file: string): Promise<string> {
  try {
    return file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new GantryError('HTOOLS_SOURCE_UNREADABLE', { file, detail }, { cause });
  }
}
