import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Of the files that are made for a trial. */
export const trialPrefix = '.gantry-verify-';

/** Why no file can be made in a folder, or null when one can: it is tried. */
export async function folderProblem(path: string): Promise<string | null> {
  const file = join(path, `${trialPrefix}${randomUUID()}`);
  try {
    await writeFile(file, '');
    await rm(file);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : (error as Error).message;
  }
}
