import { type DiskRole, diskRoles, fillDiskparams, type Instance } from '../../../model/index.ts';
import type { DiskSpec } from '../../../rpc/index.ts';
import type { ConfigSnapshot } from '../../../store/index.ts';

/** A node that has a disk, and what it is to the disk. */
export interface DiskPlace {
  readonly node: string;
  readonly role: DiskRole;
}

/** The nodes of the disks of an instance, in the order in which its template wants them made there. */
export function diskPlaces(instance: Pick<Instance, 'disk_template' | 'primary_node' | 'secondary_nodes'>): readonly DiskPlace[] {
  const nodes = { primary: [instance.primary_node], secondary: instance.secondary_nodes };
  return diskRoles(instance.disk_template).flatMap((role) => nodes[role].map((node) => ({ node, role })));
}

/**
 * A disk as one of its nodes sees it: with all parameters of its template, and where it is on several nodes, with the role of this
 * node and the others.
 */
export function placedDisk(config: ConfigSnapshot, disk: DiskSpec, places: readonly DiskPlace[], node: string): DiskSpec {
  const primary = config.nodes.get(places.find(({ role }) => role === 'primary')?.node ?? '');
  const group = primary && config.groups.get(primary.group);
  const filled = { ...disk, params: { ...(group && fillDiskparams(config.cluster, group, disk.dev_type)), ...disk.params } };
  const own = places.find((place) => place.node === node);
  if (places.length < 2 || !own) return filled;
  const others = places.filter((place) => place !== own);
  const peers = others.map((place) => ({ ...place, address: config.nodes.get(place.node)?.secondary_ip ?? '' }));
  return { ...filled, role: own.role, peers };
}
