import { GantryError } from '../../base/index.ts';
import { hypervisorRow } from '../hypervisors/catalogue.ts';
import type { Cluster } from '../objects/cluster.ts';
import type { DiskTemplate } from '../objects/disk.ts';
import type { HypervisorName, Instance } from '../objects/instance.ts';
import type { Nic } from '../objects/nic.ts';
import type { Node } from '../objects/node.ts';
import type { NodeGroup } from '../objects/node-group.ts';
import type { Beparams } from './beparams.ts';
import { defaultDiskparams } from './diskparams.ts';
import type { Ipolicy } from './ipolicy.ts';
import type { Ndparams } from './ndparams.ts';
import type { Nicparams } from './nicparams.ts';

// Inheritance: the most specific level that sets a parameter wins.

export function fillBeparams(cluster: Cluster, instance: Pick<Instance, 'beparams'>): Beparams {
  return { ...cluster.beparams, ...instance.beparams };
}

export function fillNicparams(cluster: Cluster, nic: Pick<Nic, 'nicparams'>): Nicparams {
  const { mode = cluster.nicparams.mode } = nic.nicparams;
  // A link means something else in each mode: a NIC of another mode than the cluster's inherits neither it nor the VLAN.
  const inherited = mode === cluster.nicparams.mode ? cluster.nicparams : { mode, link: '', vlan: '' };
  return { ...inherited, ...nic.nicparams };
}

export function fillNdparams(cluster: Cluster, group: NodeGroup, node?: Pick<Node, 'ndparams'>): Ndparams {
  return { ...cluster.ndparams, ...group.ndparams, ...node?.ndparams };
}

export function fillIpolicy(cluster: Cluster, group: NodeGroup): Ipolicy {
  return { ...cluster.ipolicy, ...group.ipolicy };
}

/** Built-in defaults, cluster, OS, instance. `os` may carry a variant after `+`; both levels apply. */
export function fillHvparams(
  cluster: Cluster,
  hypervisor: HypervisorName,
  os: string,
  own: Record<string, unknown>,
): Record<string, unknown> {
  const { built, defaults } = hypervisorRow(hypervisor);
  if (!built)
    throw new GantryError('INPUT_INVALID', {
      subject: 'hypervisor',
      field: 'hypervisor',
      problem: `"${hypervisor}" is not supported by this build`,
    });
  const [base = os] = os.split('+');
  return {
    ...defaults,
    ...cluster.hvparams[hypervisor],
    ...cluster.os_hvp[base]?.[hypervisor],
    ...(os === base ? {} : cluster.os_hvp[os]?.[hypervisor]),
    ...own,
  };
}

/** Without a group: those of the cluster. */
export function fillDiskparams(cluster: Cluster, group: NodeGroup | undefined, template: string): Record<string, unknown> {
  return { ...defaultDiskparams[template as DiskTemplate], ...cluster.diskparams[template], ...group?.diskparams[template] };
}
