import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Why no file can be made in a folder, or null when one can: it is tried. */
export async function folderProblem(path: string): Promise<string | null> {
  const file = join(path, `.gantry-verify-${randomUUID()}`);
  try {
    await writeFile(file, '');
    await rm(file);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : (error as Error).message;
  }
}
