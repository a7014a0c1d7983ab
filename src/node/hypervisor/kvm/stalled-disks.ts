import { statfs } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import type { QmpClient } from '../../../base/index.ts';
import { blockPlace } from '../../storage/block-node.ts';
import { diskId } from './disk-arguments.ts';
import type { Runtime } from './runtime-file.ts';

/** A disk that QEMU could not write, for which it stopped the guest. */
export interface StalledDisk {
  /** Number of the disk in the instance, from 0; null when it is none of its disks. */
  readonly index: number | null;
  readonly path: string;
  readonly why: 'nospace' | 'failed';
}

/** The part of `query-block` that is used. */
interface Block {
  readonly qdev?: string;
  readonly 'io-status'?: 'ok' | 'nospace' | 'failed';
  readonly inserted?: { readonly 'node-name'?: string; readonly file?: string };
}

/** The disks for which a guest in the state `io-error` stands still. */
export async function queryStalledDisks(qmp: QmpClient, runtime: Pick<Runtime, 'request'>): Promise<StalledDisk[]> {
  const blocks = (await qmp.execute('query-block')) as unknown as Block[];
  return blocks.flatMap(({ inserted, 'io-status': why }) => {
    if (why !== 'nospace' && why !== 'failed') return [];
    const { disks } = runtime.request;
    const index = disks.findIndex(({ uuid }) => diskId(uuid) === inserted?.['node-name']);
    return [{ index: index < 0 ? null : index, path: place(disks[index]) ?? inserted?.file ?? '', why }];
  });
}

const place = (disk: Runtime['request']['disks'][number] | undefined) => (disk ? blockPlace(disk) : undefined);

export function describeStall(disks: readonly StalledDisk[]): string {
  if (disks.length === 0) return 'a disk could not be written';
  const texts = disks.map(({ index, path, why }) => {
    const disk = index === null ? 'a disk' : `disk ${index}`;
    return why === 'nospace'
      ? `${disk} could not be written: no space left in ${dirname(path)}`
      : `${disk} (${path}) could not be written or read`;
  });
  return texts.join('; ');
}

/** A guest that went on with less would stop again at its next few writes. */
const leastFree = 4 * 1024 * 1024;

/** Whether they can be written again as far as can be told: there is room. Of another failure nobody can tell. */
export async function hasRoomAgain(stalled: readonly StalledDisk[], { request }: Pick<Runtime, 'request'>): Promise<boolean> {
  if (stalled.some(({ why }) => why !== 'nospace')) return false;
  // Where the guest came from another node, QEMU does not know the disk.
  const files = request.disks.flatMap((disk) => (disk.driver === 'file' ? [disk] : []));
  const disks = stalled.length > 0 ? stalled.filter(({ path }) => isAbsolute(path)) : files;
  const rooms = await Promise.all(disks.map(({ path }) => statfs(dirname(path)).then(({ bavail, bsize }) => bavail * bsize)));
  return rooms.every((bytes) => bytes >= leastFree);
}
