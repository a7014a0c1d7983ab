import { type Cluster, type Disk, diskSpaceOf, diskTemplateRow, fillBeparams, type Instance } from '../../model/index.ts';
import { type InstanceData, noNode } from '../../placement/index.ts';
import type { Collection } from '../../store/index.ts';
import { isCounted } from './node-space.ts';

/** What an instance takes on its nodes, for one that is there or is yet to come. */
export type InstanceNeeds = Pick<Instance, 'name' | 'hypervisor' | 'beparams' | 'disk_template' | 'tags'> & {
  readonly disks: readonly Pick<Disk, 'size'>[];
  /** UUIDs of the networks of its NICs. */
  readonly networks: readonly (string | null)[];
  readonly offline: boolean;
};

/** MiB that the disks take on each node of the instance. */
export const diskSpace = ({ disk_template, disks }: Pick<InstanceNeeds, 'disk_template' | 'disks'>): number =>
  disks.reduce((sum, { size }) => sum + diskSpaceOf(disk_template, size), 0);

export function needsOf(instance: Instance): InstanceNeeds {
  return { ...instance, networks: instance.nics.map(({ network }) => network), offline: instance.admin_state === 'offline' };
}

/**
 * An instance as the placement engine takes it. A stopped one keeps its room, for it may be started without asking; only one
 * that is marked offline has none.
 * @param place positions of its nodes, or none
 */
export function instanceData(
  cluster: Cluster,
  networks: Collection<{ readonly name: string }>,
  needs: InstanceNeeds,
  place: { readonly primary: number; readonly secondary: number } = { primary: noNode, secondary: noNode },
): InstanceData {
  const { maxmem, vcpus, auto_balance, spindle_use } = fillBeparams(cluster, needs);
  const { reach, placement } = diskTemplateRow(needs.disk_template);
  const counted = isCounted(cluster, needs.disk_template);
  return {
    name: needs.name,
    memory: maxmem,
    // Of a storage that the engine does not know: `inability` compares it with what is free there.
    disk: reach === 'local' && !counted ? 0 : diskSpace(needs),
    disks: needs.disks.map(({ size }) => ({ size })),
    vcpus,
    status: needs.offline ? 'ADMIN_offline' : 'running',
    autoBalance: auto_balance,
    ...place,
    // The template by whose rules the engine places it.
    diskTemplate: (counted && placement.as) || needs.disk_template,
    // Ganeti counts no spindles for files.
    spindleUse: placement.as ? 0 : spindle_use,
    tags: needs.tags,
    nics: needs.networks.map((uuid) => ({ network: uuid === null ? undefined : (networks.get(uuid)?.name ?? uuid) })),
    // Reserved room is room that is taken.
    forthcoming: false,
  };
}
