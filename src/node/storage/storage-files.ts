import { chmod, mkdir, open, statfs } from 'node:fs/promises';
import { basename } from 'node:path';
import { GantryError } from '../../base/index.ts';
import { missing } from './disk-path.ts';

const mib = 1024 * 1024;

const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Checks that `needed` MiB are free in `dir`. @throws STORAGE_FULL */
export async function requireRoom(dir: string, needed: number, subject: string): Promise<void> {
  const stats = await statfs(dir);
  const free = Math.floor((stats.bavail * stats.bsize) / mib);
  if (free < needed) throw new GantryError('STORAGE_FULL', { subject, directory: dir, needed, free });
}

/**
 * Makes the folder of an instance in a storage folder: the hypervisor passes through, and nobody lists. Where it has the UUID of the
 * instance, its mode is set even when it is there: whoever made it may have ended before that, and the umask took something away.
 */
export async function makeDiskFolder(path: string): Promise<void> {
  const isNew = await mkdir(path, { mode: 0o711 }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
  if (isNew || isUuid.test(basename(path))) await chmod(path, 0o711);
}

/** Makes the names in a folder durable; a folder that is gone is fine. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(missing);
  if (!handle) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Says whether a failed system call or tool ran out of room. */
export function isOutOfRoom(thrown: unknown): boolean {
  const { code, message } = thrown as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT' || /No space left on device|Disk quota exceeded/.test(message ?? '');
}

/** Runs something on the storage; what fails is reported as STORAGE_FAILED, unless it is a finding of ours or a cancel. */
export async function storageFailure<T>(subject: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof GantryError && !['COMMAND_FAILED', 'TIMED_OUT'].includes(thrown.code)) throw thrown;
    const problem = thrown instanceof Error ? thrown.message : String(thrown);
    throw new GantryError('STORAGE_FAILED', { subject, problem }, { cause: thrown });
  }
}
