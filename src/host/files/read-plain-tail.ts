import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

// A link or a pipe that a guest's process put in the place of the file must lead root nowhere, nor let it wait.
const safely = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The last bytes of a file; undefined when there is no plain file of one name. */
export async function readPlainTail(path: string, bytes: number): Promise<Buffer | undefined> {
  try {
    await using file = await open(path, safely);
    const stat = await file.stat();
    if (!stat.isFile() || stat.nlink !== 1) return undefined;
    const length = Math.min(stat.size, bytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, stat.size - length);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
