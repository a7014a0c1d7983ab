import { GantryError } from '../../base/index.ts';
import type { DiskTemplateAdapter } from './disk-template.ts';

/** For instances without disks: there is nothing to make and nothing to find. */
export function createDisklessTemplate(): DiskTemplateAdapter {
  return {
    name: 'diskless',
    create: async () => ({ changed: false }),
    remove: async () => ({ changed: false }),
    activate: async (disk) => {
      throw new GantryError('STORAGE_DISK_MISSING', { disk: disk.uuid, path: 'nowhere, because diskless instances have no disks' });
    },
    deactivate: async () => undefined,
    list: async () => [],
    find: async () => null,
    pools: async () => [],
  };
}
