import { GantryError } from '../../base/index.ts';
import type { NodeHandlers } from '../../rpc/index.ts';
import type { KeyedMutex } from '../hypervisor/kvm/keyed-mutex.ts';
import type { NodeParts } from '../node-parts.ts';
import { diskTemplateFor } from '../storage/disk-templates.ts';
import { isAlive, releaseDisks } from './instance-guard.ts';

/** Disks: made, removed, listed. */
export function diskHandlers(parts: NodeParts, exclusively: KeyedMutex): Pick<NodeHandlers, 'disk-create' | 'disk-remove' | 'disk-list'> {
  const { diskTemplates } = parts;
  return {
    'disk-create': ({ disk, instance }, context) =>
      exclusively(instance.uuid, async () => {
        context.signal.throwIfAborted();
        return diskTemplateFor(diskTemplates, disk.dev_type).create(disk, instance, context);
      }),

    'disk-remove': ({ disk, instance }, context) =>
      exclusively(instance.uuid, async () => {
        context.signal.throwIfAborted();
        const template = diskTemplateFor(diskTemplates, disk.dev_type);
        const activation = await parts.activations.get(instance.uuid);
        if (activation?.disks.some(({ uuid }) => uuid === disk.uuid)) {
          if (await isAlive(parts, instance.uuid)) throw new GantryError('INSTANCE_RUNNING', { name: instance.name });
          await releaseDisks(parts, instance.uuid);
        }
        return template.remove(disk, instance);
      }),

    'disk-list': async () => (await Promise.all([...diskTemplates.values()].map((template) => template.list()))).flat(),
  };
}
