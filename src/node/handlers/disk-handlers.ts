import { GantryError } from '../../base/index.ts';
import type { KeyedMutex } from '../../host/index.ts';
import { mirroringOf } from '../../model/index.ts';
import type { NodeHandlers, RpcParams, RpcResult } from '../../rpc/index.ts';
import type { NodeParts } from '../node-parts.ts';
import { diskTemplateFor } from '../storage/disk-templates.ts';
import { isAlive, releaseDisks } from './instance-guard.ts';

/** Disks: made, removed, listed. */
export function diskHandlers(
  parts: NodeParts,
  exclusively: KeyedMutex,
): Pick<NodeHandlers, 'disk-create' | 'disk-remove' | 'disk-rename' | 'disk-list'> {
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

    'disk-rename': ({ disk, instance, logical_id }, context) =>
      exclusively(instance.uuid, async () => {
        context.signal.throwIfAborted();
        const template = diskTemplateFor(diskTemplates, disk.dev_type);
        if (await isAlive(parts, instance.uuid)) throw new GantryError('INSTANCE_RUNNING', { name: instance.name });
        if (template.rename) return template.rename(disk, logical_id, instance);
        throw new GantryError('STORAGE_RENAME_UNSUPPORTED', { template: disk.dev_type });
      }),

    'disk-list': async ({ shared }) => {
      const whole = [...diskTemplates.values()].filter(({ name }) => shared === undefined || mirroringOf(name) !== 'external');
      const found = await Promise.all([...whole.map((template) => template.list()), findEach(parts, shared ?? [])]);
      return found.flat();
    },
  };
}

/** The disks of a list that are there. One after the other: a node is not to spend all its threads on them. */
async function findEach(
  { diskTemplates }: NodeParts,
  wanted: NonNullable<RpcParams<'disk-list'>['shared']>,
): Promise<RpcResult<'disk-list'>> {
  const found: RpcResult<'disk-list'> = [];
  for (const { disk, instance } of wanted) {
    const one = await diskTemplateFor(diskTemplates, disk.dev_type).find(disk, instance);
    if (one) found.push(one);
  }
  return found;
}
