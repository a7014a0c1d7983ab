import { GantryError } from '../../../base/index.ts';
import type { Step, WorldStep } from '../../../jobs/index.ts';
import { type Disk, diskTemplateRow, type Instance, type LogicalIdPart } from '../../../model/index.ts';
import type { DiskSpec } from '../../../rpc/index.ts';

/** What a plan notes of the disks that are to be settled, by their UUIDs: the `logical_id` that they have and the one that they get. */
export type UnsettledDisks = Readonly<Record<string, { readonly disk: DiskSpec; readonly to: LogicalIdPart[] }>>;

type DiskHolder = Pick<Instance, 'uuid' | 'name' | 'primary_node' | 'disks'>;

/**
 * The disks of an instance that an earlier version made in a place that depends on the instance's name; undefined: there are none.
 * A plan that notes them gets the steps of `settleSteps`.
 */
export function unsettledDisks(instance: DiskHolder): UnsettledDisks | undefined {
  const found = instance.disks.flatMap((disk) => {
    const { dev_type, uuid, format, logical_id } = disk;
    const to = diskTemplateRow(dev_type).settledLogicalId?.({ instance, uuid, format, logical_id });
    return to ? [[uuid, { disk: disk as DiskSpec, to }] as const] : [];
  });
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

/**
 * Moves the disks of a stopped instance to where this version keeps them, and records what the node moved. Nothing is undone: the
 * node finds a disk by its old `logical_id` as well. What cannot be moved stays where it is, and the next start tries again.
 */
export function settleSteps(instance: Omit<DiskHolder, 'disks'>, unsettled: UnsettledDisks | undefined): Step[] {
  if (!unsettled) return [];
  return [moveStep(instance, unsettled), recordStep(instance, unsettled)];
}

function moveStep({ uuid, name, primary_node: node }: Omit<DiskHolder, 'disks'>, unsettled: UnsettledDisks): WorldStep {
  return {
    id: 'settle-disks',
    title: 'move its disks to the folder that has its UUID',
    async do({ nodes, signal, log }) {
      const moved: string[] = [];
      for (const { disk, to } of Object.values(unsettled)) {
        try {
          await nodes.call(node, 'disk-rename', { disk, instance: { uuid, name }, logical_id: to }, { signal });
          moved.push(disk.uuid);
        } catch (error) {
          signal.throwIfAborted();
          const { code, message } = GantryError.from(error);
          // To start what runs already is no trouble.
          if (code !== 'INSTANCE_RUNNING') log(`Disk ${disk.uuid} stays where it is: ${message}`);
        }
      }
      return moved;
    },
  };
}

function recordStep({ uuid }: Pick<Instance, 'uuid'>, unsettled: UnsettledDisks): Step {
  return {
    id: 'record-settled-disks',
    title: 'record where its disks are',
    commit(draft, { outcomes }) {
      const moved = outcomes['settle-disks'] as string[];
      if (moved.length === 0) return;
      const settled = (disk: Disk): Disk => {
        const to = moved.includes(disk.uuid) ? unsettled[disk.uuid]?.to : undefined;
        return to ? { ...disk, logical_id: to } : disk;
      };
      draft.update('instance', uuid, (old) => ({ ...old, disks: old.disks.map(settled) }));
    },
  };
}
