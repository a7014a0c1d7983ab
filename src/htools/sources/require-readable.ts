import { access, constants, stat } from 'node:fs/promises';
import { GantryError } from '../../base/index.ts';

/** Whether the files that options name are there to be read, before anybody is asked for anything. @throws HTOOLS_SOURCE_UNREADABLE */
export async function requireReadable(files: readonly (string | undefined)[]): Promise<void> {
  for (const file of files) {
    if (file === undefined || file === '-') continue;
    try {
      await access(file, constants.R_OK);
      if ((await stat(file)).isDirectory()) throw new Error('it is a directory');
    } catch (cause) {
      throw new GantryError('HTOOLS_SOURCE_UNREADABLE', { file, detail: (cause as Error).message }, { cause });
    }
  }
}
