import { stat } from 'node:fs/promises';
import { GantryError } from '../../base/index.ts';
import type { DiskSpec } from '../../rpc/index.ts';
import { readQcow2Header } from './qcow2-header.ts';

/** Virtual size of a disk file in bytes. @throws STORAGE_FAILED when a qcow2 file is none, or names another file */
export async function virtualSize(path: string, format: DiskSpec['format']): Promise<number> {
  if (format === 'raw') return (await stat(path)).size;
  const header = await readQcow2Header(path);
  if (!header) throw new GantryError('STORAGE_FAILED', { subject: path, problem: 'the file has no qcow2 header; it is damaged' });
  // QEMU's user can write the header: whoever opens the image would open what that names.
  if (header.namesOthers)
    throw new GantryError('STORAGE_FAILED', { subject: path, problem: 'its header names another file, which no disk does' });
  return header.size;
}
