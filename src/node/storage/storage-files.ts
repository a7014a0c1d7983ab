import { open, statfs } from 'node:fs/promises';
import { GantryError } from '../../base/index.ts';
import { missing } from './disk-path.ts';

const mib = 1024 * 1024;

/** Checks that `needed` MiB are free in `dir`. @throws STORAGE_FULL */
export async function requireRoom(dir: string, needed: number, subject: string): Promise<void> {
  const stats = await statfs(dir);
  const free = Math.floor((stats.bavail * stats.bsize) / mib);
  if (free < needed) throw new GantryError('STORAGE_FULL', { subject, directory: dir, needed, free });
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
