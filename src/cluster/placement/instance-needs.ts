import { type Cluster, type Disk, type DiskTemplate, fillBeparams, type Instance } from '../../model/index.ts';
import { type InstanceData, mirroringOf, noNode, type PlacementDiskTemplate } from '../../placement/index.ts';
import type { Collection } from '../../store/index.ts';

/** MiB that DRBD keeps beside the data of a disk. Source: Ganeti's gnt-instance(8). */
const drbdMetadata = 128;

/** What an instance takes on its nodes, for one that is there or is yet to come. */
export type InstanceNeeds = Pick<Instance, 'name' | 'hypervisor' | 'beparams' | 'disk_template' | 'tags'> & {
  readonly disks: readonly Pick<Disk, 'size'>[];
  /** UUIDs of the networks of its NICs. */
  readonly networks: readonly (string | null)[];
  readonly offline: boolean;
};

/** Whether the disks of a template lie on the node itself. */
export const isLocal = (template: DiskTemplate): boolean => template === 'file' || template === 'plain' || template === 'drbd';

/** MiB that the disks take on each node of the instance. */
export const diskSpace = ({ disk_template, disks }: Pick<InstanceNeeds, 'disk_template' | 'disks'>): number =>
  disks.reduce((sum, { size }) => sum + size + (disk_template === 'drbd' ? drbdMetadata : 0), 0);

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
  const onFile = needs.disk_template === 'file';
  return {
    name: needs.name,
    memory: maxmem,
    disk: diskSpace(needs),
    disks: needs.disks.map(({ size }) => ({ size })),
    vcpus,
    status: needs.offline ? 'ADMIN_offline' : 'running',
    autoBalance: auto_balance,
    ...place,
    diskTemplate: engineTemplate(needs.disk_template),
    // Ganeti counts no spindles for files.
    spindleUse: onFile ? 0 : spindle_use,
    tags: needs.tags,
    nics: needs.networks.map((uuid) => ({ network: uuid === null ? undefined : (networks.get(uuid)?.name ?? uuid) })),
    // Reserved room is room that is taken.
    forthcoming: false,
  };
}

/** Ganeti counts no room for files on the node's own disks. We do, as for logical volumes. */
const engineTemplate = (template: DiskTemplate): PlacementDiskTemplate => (template === 'file' ? 'plain' : template);

/** How many nodes an instance of a template is on. */
export const nodesFor = (template: DiskTemplate): 1 | 2 => (mirroringOf(template) === 'internal' ? 2 : 1);
