import { randomUUID } from 'node:crypto';
import { rm, stat, writeFile } from 'node:fs/promises';
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

/** The access that others than root have to a folder of disks beyond passing through, as its mode; null when they have none. */
export async function folderExposure(path: string): Promise<string | null> {
  try {
    const mode = (await stat(path)).mode & 0o777;
    return (mode & 0o066) === 0 ? null : `0${mode.toString(8)}`;
  } catch {
    // That it cannot be looked at is told as its problem.
    return null;
  }
}
