import { lstat, readdir, rename, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GantryError } from '../../base/index.ts';
import { runAsOwner } from '../../host/index.ts';
import type { DiskSpec } from '../../rpc/index.ts';
import { diskUuidOf, missing } from './disk-path.ts';
import { makeDiskFolder, storageFailure, syncFolder } from './storage-files.ts';
import { virtualSize } from './virtual-size.ts';

export interface RenameFilesRequest {
  readonly disk: DiskSpec;
  /** Storage folder, in which both paths are. */
  readonly dir: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Moves the file of a disk with its snapshots to another folder of the same storage. The disk itself goes last: while it is at its
 * old place a repetition finishes the work, and nothing is ever replaced.
 * @throws STORAGE_DISK_BUSY, STORAGE_DISK_EXISTS, STORAGE_DISK_MISSING, STORAGE_FAILED
 */
export async function renameFiles({ disk, dir, from, to }: RenameFilesRequest): Promise<{ changed: boolean }> {
  const [old, present] = [await lstat(from).catch(missing), await lstat(to).catch(missing)];
  if (!old && !present) throw new GantryError('STORAGE_DISK_MISSING', { disk: disk.uuid, path: from });
  if (old && present) throw new GantryError('STORAGE_DISK_EXISTS', { disk: disk.uuid, path: to, found: present.size, wanted: old.size });
  const [source, target] = [dirname(from), dirname(to)];
  if (old) await requireUnused(disk, from);
  await storageFailure(disk.uuid, async () => {
    await makeDiskFolder(target);
    const others = ((await readdir(source).catch(missing)) ?? []).filter((name) => isPart(disk, name) && name !== basename(from));
    for (const name of others) await moveNew(join(source, name), join(target, name));
    if (old) await moveNew(from, to);
    await syncFolder(target);
    await syncFolder(source);
    // Other disks of the instance may lie there still.
    await rmdir(source).catch(() => undefined);
    await syncFolder(dir);
  });
  return { changed: old !== null };
}

const isPart = (disk: DiskSpec, name: string): boolean => diskUuidOf(name) === disk.uuid;

/** A file that is at the new place already is kept there; nothing is replaced. */
async function moveNew(from: string, to: string): Promise<void> {
  if (await lstat(to).catch(missing)) return;
  await rename(from, to);
}

/**
 * QEMU locks the image that it uses, also for other nodes where the file system passes locks on. Who opens it to write, as here, is
 * refused then. It is opened as raw, whatever its format: QEMU can still write the header, and nothing that this names is opened.
 * @throws STORAGE_DISK_BUSY, STORAGE_FAILED
 */
async function requireUnused(disk: DiskSpec, path: string): Promise<void> {
  await virtualSize(path, disk.format);
  try {
    await storageFailure(disk.uuid, () => runAsOwner(path, 'qemu-io', ['-f', 'raw', '-c', 'quit', path]));
  } catch (thrown) {
    const error = GantryError.from(thrown);
    if (/Failed to get .* lock/.test(String(error.facts['problem']))) throw new GantryError('STORAGE_DISK_BUSY', { disk: disk.uuid, path });
    throw error;
  }
}
