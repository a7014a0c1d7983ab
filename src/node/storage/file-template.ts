import { lstat, readdir, rmdir, stat, statfs, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GantryError, run } from '../../base/index.ts';
import { runAsOwner } from '../../host/index.ts';
import type { DiskSpec, RpcResult } from '../../rpc/index.ts';
import { trialPrefix } from '../folder-problem.ts';
import { createFile } from './create-file.ts';
import { assertNoLinks, diskPath, diskUuidOf, missing } from './disk-path.ts';
import type { DiskOwner, DiskTemplateAdapter } from './disk-template.ts';
import { readQcow2Header } from './qcow2-header.ts';
import { renameFiles } from './rename-files.ts';
import { requireRoom, storageFailure, syncFolder } from './storage-files.ts';
import { virtualSize } from './virtual-size.ts';

const mib = 1024 * 1024;

/**
 * Disks as files, raw or qcow2, below one directory: `<dir>/<instance uuid>/<disk uuid>.<format>`.
 * `sharedfile` is the same on a directory that all nodes share. Folders have mode 0711, so that an unprivileged
 * hypervisor reaches the file that it was given and can list nothing.
 */
export function createFileTemplate(name: 'file' | 'sharedfile', dir: string): Required<DiskTemplateAdapter> {
  const locate = async (disk: DiskSpec, owner?: DiskOwner): Promise<string> => {
    const path = disk.logical_id[1] !== undefined || owner ? diskPath(disk, dir, owner) : await find(dir, disk);
    await assertNoLinks(disk, path, dir);
    return owner ? await followed(disk, path, owner) : path;
  };

  /** A disk that was moved to the folder of its owner is found by its old path, too: who moved it may not have recorded it yet. */
  const followed = async (disk: DiskSpec, path: string, owner: DiskOwner): Promise<string> => {
    const moved = join(dir, owner.uuid, basename(path));
    if (moved === path || diskUuidOf(basename(path)) !== disk.uuid || (await lstat(path).catch(missing))) return path;
    await assertNoLinks(disk, moved, dir);
    return (await lstat(moved).catch(missing)) ? moved : path;
  };

  const present = async (disk: DiskSpec, owner?: DiskOwner): Promise<string> => {
    const path = await locate(disk, owner);
    if (await lstat(path).catch(missing)) return path;
    throw new GantryError('STORAGE_DISK_MISSING', { disk: disk.uuid, path });
  };

  return {
    name,

    create: async (disk, owner, context) => {
      const path = await locate(disk, owner);
      const wanted = disk.size * mib;
      if (await lstat(path).catch(missing)) {
        const found = await virtualSize(path, disk.format);
        if (found === wanted) return { changed: false };
        throw new GantryError('STORAGE_DISK_EXISTS', { disk: disk.uuid, path, found, wanted });
      }
      await requireRoom(dir, disk.size, `disk ${disk.uuid} of ${owner.name}`);
      context.progress({ text: `creating disk ${disk.uuid}, ${disk.size} MiB ${disk.format}` });
      await createFile({ disk, path, dir, ownerName: owner.name, signal: context.signal });
      return { changed: true };
    },

    remove: async (disk, owner) => {
      const path = await locate(disk, owner);
      const named = diskPath(disk, dir, owner);
      // A move that was interrupted leaves a part of it in the other folder.
      const rest = named === path ? { changed: false } : await removeFiles(disk, dir, named);
      const { changed } = await removeFiles(disk, dir, path);
      return { changed: changed || rest.changed };
    },

    rename: async (disk, logicalId, owner) => {
      const from = diskPath(disk, dir, owner);
      const to = diskPath({ ...disk, logical_id: logicalId }, dir, owner);
      for (const path of [from, to]) await assertNoLinks(disk, path, dir);
      return renameFiles({ disk, dir, from, to });
    },

    grow: async (disk, toSize) => {
      const path = await present(disk);
      const missingBytes = toSize * mib - (await virtualSize(path, disk.format));
      if (missingBytes <= 0) return { changed: false };
      await requireRoom(dir, Math.ceil(missingBytes / mib), `${Math.ceil(missingBytes / mib)} MiB more of disk ${disk.uuid}`);
      await storageFailure(disk.uuid, () => runAsOwner(path, 'qemu-img', ['resize', '-q', '-f', disk.format, path, String(toSize * mib)]));
      return { changed: true };
    },

    activate: async (disk, owner) => {
      const path = await present(disk, owner);
      return { path, format: disk.format, driver: 'file', size: await virtualSize(path, disk.format) };
    },

    deactivate: async () => undefined,

    snapshot: async (disk, snapshot) => {
      const path = await present(disk);
      if (!/^[\w.-]{1,64}$/.test(snapshot)) {
        throw new GantryError('INPUT_INVALID', {
          subject: 'snapshot',
          field: 'name',
          problem: `"${snapshot}" has other characters than letters, digits, "_", "." and "-"`,
        });
      }
      return disk.format === 'qcow2' ? snapshotInside(disk, path, snapshot) : snapshotCopy(disk, path, snapshot, dir);
    },

    list: () => listFiles(name, dir),

    find: async (disk, owner) => {
      const path = await locate(disk, owner);
      return (await lstat(path).catch(missing)) ? describeFile(name, path, disk.uuid) : null;
    },

    pools: async () => {
      const stats = await statfs(dir).catch(missing);
      if (!stats) throw new GantryError('STORAGE_DIR_MISSING', { directory: dir, template: name });
      const mebibytes = (blocks: number) => Math.floor((blocks * stats.bsize) / mib);
      return [{ name: dir, total: mebibytes(stats.blocks), free: mebibytes(stats.bavail) }];
    },
  };
}

/** The file of a disk whose owner is not known, by its UUID. */
async function find(dir: string, disk: DiskSpec): Promise<string> {
  const name = `${disk.uuid}.${disk.format}`;
  for (const entry of (await readdir(dir, { withFileTypes: true }).catch(missing)) ?? []) {
    // A link may lead to the same folder by another name.
    if (entry.isDirectory() && (await lstat(join(dir, entry.name, name)).catch(missing))) return join(dir, entry.name, name);
  }
  return join(dir, '*', name);
}

/** Removes the disk, its snapshots, what an interrupted creation left, and the folder when it is empty then. */
async function removeFiles(disk: DiskSpec, dir: string, path: string): Promise<{ changed: boolean }> {
  const folder = dirname(path);
  let changed = false;
  for (const name of (await readdir(folder).catch(missing)) ?? []) {
    if (name !== basename(path) && diskUuidOf(name) !== disk.uuid) continue;
    await storageFailure(disk.uuid, () => unlink(join(folder, name)));
    changed = true;
  }
  const code = await rmdir(folder).then(
    () => null,
    (error: NodeJS.ErrnoException) => error.code ?? 'unknown',
  );
  // Other disks of the instance may lie there still, or another call may have been faster.
  if (code !== null && !['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(code)) {
    throw new GantryError('STORAGE_FAILED', { subject: disk.uuid, problem: `${folder} cannot be removed (${code})` });
  }
  await syncFolder(changed && code !== null && code !== 'ENOENT' ? folder : dir);
  return { changed };
}

async function snapshotInside(disk: DiskSpec, path: string, snapshot: string): Promise<{ changed: boolean }> {
  await virtualSize(path, disk.format);
  return storageFailure(disk.uuid, async () => {
    const { stdout } = await runAsOwner(path, 'qemu-img', ['info', '--output=json', '-f', 'qcow2', path]);
    const known = (JSON.parse(stdout) as { snapshots?: { name: string }[] }).snapshots ?? [];
    if (known.some((one) => one.name === snapshot)) return { changed: false };
    await runAsOwner(path, 'qemu-img', ['snapshot', '-c', snapshot, path]);
    return { changed: true };
  });
}

/** A raw file has no place for snapshots, so a snapshot is a copy beside it (sharing blocks where the file system can). */
async function snapshotCopy(disk: DiskSpec, path: string, snapshot: string, dir: string): Promise<{ changed: boolean }> {
  const copyPath = join(dirname(path), `${disk.uuid}.snap-${snapshot}.raw`);
  if (await lstat(copyPath).catch(missing)) return { changed: false };
  const used = Math.ceil(((await stat(path)).blocks * 512) / mib);
  await requireRoom(dir, used, `snapshot ${snapshot} of disk ${disk.uuid}`);
  const fill = (target: string) => run('cp', ['--reflink=auto', '--sparse=always', '--', path, target], { timeoutMs: 3_600_000 });
  await createFile({ disk, path: copyPath, dir, ownerName: disk.uuid, fill });
  return { changed: true };
}

/** Everything below the directory, foreign files too, which have no UUID. */
async function listFiles(name: 'file' | 'sharedfile', dir: string): Promise<RpcResult<'disk-list'>> {
  const found: RpcResult<'disk-list'> = [];
  const folders = await readdir(dir, { withFileTypes: true }).catch(missing);
  if (!folders) throw new GantryError('STORAGE_DIR_MISSING', { directory: dir, template: name });
  for (const entry of folders) {
    const inside = entry.isDirectory() ? ((await readdir(join(dir, entry.name)).catch(missing)) ?? []) : [''];
    for (const file of inside) {
      const path = join(dir, entry.name, file);
      if (basename(path).startsWith(trialPrefix)) continue;
      const one = await describeFile(name, path, (entry.isDirectory() && diskUuidOf(file)) || '');
      if (one) found.push(one);
    }
  }
  return found;
}

/** Null when it has vanished meanwhile. */
async function describeFile(
  dev_type: 'file' | 'sharedfile',
  path: string,
  disk_uuid: string,
): Promise<RpcResult<'disk-list'>[number] | null> {
  const stats = await lstat(path).catch(missing);
  if (!stats) return null;
  const isDisk = disk_uuid !== '' && stats.isFile();
  const bytes = (isDisk && path.includes('.qcow2') ? (await readQcow2Header(path).catch(missing))?.size : null) ?? stats.size;
  return { path, dev_type, instance_uuid: basename(dirname(path)), disk_uuid: isDisk ? disk_uuid : '', size: Math.ceil(bytes / mib) };
}
