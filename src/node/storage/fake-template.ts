import { type Clock, GantryError, systemClock } from '../../base/index.ts';
import type { DiskSpec } from '../../rpc/index.ts';
import type { DiskOwner, DiskTemplateAdapter } from './disk-template.ts';

/** What a fake template holds; adapters on one `disks` map behave like nodes on shared storage, or take from one storage. Sizes in MiB. */
export interface FakeDisk {
  readonly owner: DiskOwner;
  readonly disk: DiskSpec;
  readonly size: number;
  readonly snapshots: readonly string[];
}

export type FakeOperation = 'create' | 'remove' | 'grow' | 'activate' | 'deactivate' | 'snapshot' | 'rename' | 'list' | 'space';

export interface FakeTemplateOptions {
  /** The template that it plays; default `file`. */
  readonly name?: DiskSpec['dev_type'];
  /** MiB; default 1 TiB. */
  readonly capacity?: number;
  readonly disks?: Map<string, FakeDisk>;
  readonly clock?: Clock;
  /** Called before each operation: it may throw, and it says how many milliseconds the operation takes (0: none). */
  readonly before?: (operation: FakeOperation, disk: DiskSpec | null) => number;
}

/** Disks that exist in memory alone, for simulated clusters. */
export function createFakeTemplate(options: FakeTemplateOptions = {}): DiskTemplateAdapter {
  const { name = 'file', capacity = 1048576, disks = new Map(), clock = systemClock, before = () => 0 } = options;

  const begin = async (operation: FakeOperation, disk: DiskSpec | null, signal?: AbortSignal): Promise<void> => {
    const delay = before(operation, disk);
    if (delay > 0) await clock.sleep(delay, signal);
  };
  const free = (): number => [...disks.values()].reduce((rest, held) => rest - held.size, capacity);
  const requireRoom = (subject: string, needed: number): void => {
    if (free() < needed) throw new GantryError('STORAGE_FULL', { subject, directory: 'memory', needed, free: free() });
  };
  const held = (disk: DiskSpec): FakeDisk => {
    const found = disks.get(disk.uuid);
    if (!found) throw new GantryError('STORAGE_DISK_MISSING', { disk: disk.uuid, path: pathOf(disk.uuid) });
    return found;
  };

  const entryOf = ({ owner, disk, size }: FakeDisk) => ({
    path: pathOf(disk.uuid),
    dev_type: name,
    instance_uuid: owner.uuid,
    disk_uuid: disk.uuid,
    size,
  });

  return {
    name,
    create: async (disk, owner, context) => {
      await begin('create', disk, context.signal);
      const found = disks.get(disk.uuid);
      if (found?.size === disk.size) return { changed: false };
      if (found) {
        const facts = { disk: disk.uuid, path: pathOf(disk.uuid), found: found.size * 1048576, wanted: disk.size * 1048576 };
        throw new GantryError('STORAGE_DISK_EXISTS', facts);
      }
      requireRoom(`disk ${disk.uuid} of ${owner.name}`, disk.size);
      disks.set(disk.uuid, { owner, disk, size: disk.size, snapshots: [] });
      return { changed: true };
    },
    remove: async (disk) => {
      await begin('remove', disk);
      return { changed: disks.delete(disk.uuid) };
    },
    grow: async (disk, toSize) => {
      await begin('grow', disk);
      const found = held(disk);
      if (found.size >= toSize) return { changed: false };
      requireRoom(`${toSize - found.size} MiB more of disk ${disk.uuid}`, toSize - found.size);
      disks.set(disk.uuid, { ...found, size: toSize });
      return { changed: true };
    },
    activate: async (disk) => {
      await begin('activate', disk);
      return { path: pathOf(disk.uuid), format: disk.format, driver: 'file', size: held(disk).size * 1048576 };
    },
    deactivate: (disk) => begin('deactivate', disk),
    snapshot: async (disk, snapshot) => {
      await begin('snapshot', disk);
      const found = held(disk);
      if (found.snapshots.includes(snapshot)) return { changed: false };
      disks.set(disk.uuid, { ...found, snapshots: [...found.snapshots, snapshot] });
      return { changed: true };
    },
    rename: async (disk, logical_id) => {
      await begin('rename', disk);
      const found = held(disk);
      disks.set(disk.uuid, { ...found, disk: { ...found.disk, logical_id } });
      return { changed: String(found.disk.logical_id) !== String(logical_id) };
    },
    list: async () => {
      await begin('list', null);
      return [...disks.values()].filter(({ disk }) => disk.dev_type === name).map(entryOf);
    },
    find: async (disk) => {
      await begin('list', disk);
      const found = disks.get(disk.uuid);
      return found ? entryOf(found) : null;
    },
    pools: async () => {
      await begin('space', null);
      return [{ name: 'memory', total: capacity, free: free() }];
    },
  };
}

const pathOf = (diskUuid: string): string => `/fake/${diskUuid}`;
