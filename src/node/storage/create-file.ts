import { open, rename, rm, rmdir, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GantryError, run } from '../../base/index.ts';
import type { DiskSpec } from '../../rpc/index.ts';
import { isOutOfRoom, makeDiskFolder, storageFailure, syncFolder } from './storage-files.ts';

const mib = 1024 * 1024;

export interface CreateFileRequest {
  readonly disk: DiskSpec;
  readonly path: string;
  readonly dir: string;
  readonly ownerName: string;
  readonly signal?: AbortSignal;
  /** Makes the content at the given path; the default makes an empty disk. */
  readonly fill?: (path: string) => Promise<unknown>;
}

/**
 * Makes a disk file, whole or not at all: under a temporary name that follows from the disk (so that a repetition
 * after a crash replaces it), made durable, then renamed.
 * @throws STORAGE_FULL, STORAGE_FAILED, CANCELLED
 */
export async function createFile(request: CreateFileRequest): Promise<void> {
  const { disk, path, dir } = request;
  const folder = dirname(path);
  const unfinished = join(folder, `.${basename(path)}.new`);
  try {
    await storageFailure(disk.uuid, async () => {
      await makeDiskFolder(folder);
      await rm(unfinished, { force: true });
      await (request.fill ?? ((target) => makeEmpty(disk, target, request.signal)))(unfinished);
      const handle = await open(unfinished, 'r+');
      try {
        await handle.chmod(0o600);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(unfinished, path);
      await syncFolder(folder);
      await syncFolder(dir);
    });
  } catch (thrown) {
    await rm(unfinished, { force: true });
    await rmdir(folder).catch(() => undefined); // It stays when other disks lie in it, which is right.
    if (!isOutOfRoom(thrown)) throw thrown;
    const stats = await statfs(dir);
    const free = Math.floor((stats.bavail * stats.bsize) / mib);
    const subject = `disk ${disk.uuid} of ${request.ownerName}`;
    throw new GantryError('STORAGE_FULL', { subject, directory: dir, needed: disk.size, free }, { cause: thrown });
  }
}

/** Sparse; with the disk parameter `preallocation` set to `falloc` the whole room is taken at once. */
async function makeEmpty(disk: DiskSpec, path: string, signal: AbortSignal | undefined): Promise<void> {
  const preallocation = disk.params['preallocation'] === 'falloc' ? 'falloc' : 'off';
  const args = ['create', '-q', '-f', disk.format, '-o', `preallocation=${preallocation}`, path, String(disk.size * mib)];
  await run('qemu-img', args, { timeoutMs: 600_000, ...(signal && { signal }) });
}
