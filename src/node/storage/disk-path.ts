import { lstat, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { GantryError } from '../../base/index.ts';
import { requireLogicalId } from '../../model/index.ts';
import type { DiskSpec } from '../../rpc/index.ts';
import type { DiskOwner } from './disk-template.ts';

const uuidPattern = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const diskFile = new RegExp(`^\\.?(${uuidPattern})(\\.snap-[\\w.-]+)?\\.(raw|qcow2)(\\.new)?$`);

/** UUID of the disk to which a file belongs (the disk, a snapshot, an unfinished file), or null for a foreign file. */
export const diskUuidOf = (fileName: string): string | null => diskFile.exec(fileName)?.[1] ?? null;

/**
 * Where the file of a disk lies. Like in Ganeti `logical_id` is `[driver, path]`; a relative path is taken from the
 * storage directory of the node, and without one the place follows from the owner and the disk.
 * @throws INPUT_INVALID when `logical_id` is not that of a file
 * @throws STORAGE_PATH_REFUSED when it is not two levels deep at the most, or outside of `dir`
 */
export function diskPath(disk: DiskSpec, dir: string, owner?: DiskOwner): string {
  const given = requireLogicalId('file', disk.logical_id)[1] ?? (owner ? `${owner.uuid}/${disk.uuid}.${disk.format}` : '');
  const refuse = (problem: string) => new GantryError('STORAGE_PATH_REFUSED', { path: given, disk: disk.uuid, problem, directory: dir });
  if (given === '') throw refuse('it is empty');
  if (given.includes('\0')) throw refuse('it contains a zero byte');
  if (given.split('/').includes('..')) throw refuse('it contains ".."');
  const path = isAbsolute(given) ? resolve(given) : join(dir, given);
  const inside = relative(dir, path);
  if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) throw refuse(`it is outside ${dir}`);
  if (inside.split(sep).length !== 2) throw refuse(`it is not of the form ${dir}/<instance>/<file>`);
  return path;
}

/**
 * Checks that nothing below the storage directory is a symbolic link, neither the folder nor the file: it could lead to the disk of
 * another instance. The storage directory itself may be one. To be called right before a file is touched.
 * @throws STORAGE_PATH_REFUSED, STORAGE_DIR_MISSING
 */
export async function assertNoLinks(disk: DiskSpec, path: string, dir: string): Promise<void> {
  const refuse = (problem: string) => new GantryError('STORAGE_PATH_REFUSED', { path, disk: disk.uuid, problem, directory: dir });
  await realpath(dir).catch(() => {
    throw new GantryError('STORAGE_DIR_MISSING', { directory: dir, template: disk.dev_type });
  });
  const folder = await lstat(dirname(path)).catch(missing);
  if (folder?.isSymbolicLink()) throw refuse('its folder is a link to another place');
  if (folder && !folder.isDirectory()) throw refuse('its folder is a file');
  const stats = await lstat(path).catch(missing);
  if (stats !== null && !stats.isFile()) throw refuse('it is not a regular file');
}

export function missing(thrown: unknown): null {
  const code = (thrown as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') return null;
  throw thrown;
}
