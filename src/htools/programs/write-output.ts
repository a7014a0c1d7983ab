import { stat, writeFile } from 'node:fs/promises';
import { GantryError, writeFileAtomic } from '../../base/index.ts';

/** Writes a file whole or not at all; what is no plain file, such as a pipe, is written to. @throws HTOOLS_SAVE_FAILED */
export async function writeOutput(file: string, text: string): Promise<void> {
  try {
    const present = await stat(file).catch(() => undefined);
    await (present === undefined || present.isFile() ? writeFileAtomic(file, text) : writeFile(file, text));
  } catch (cause) {
    throw new GantryError('HTOOLS_SAVE_FAILED', { file, detail: (cause as Error).message }, { cause });
  }
}
