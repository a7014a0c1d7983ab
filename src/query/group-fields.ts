import { Type } from 'typebox';
import {
  type Cluster,
  diskTemplates,
  fillDiskparams,
  fillIpolicy,
  fillNdparams,
  type Instance,
  Ipolicy,
  IpolicyPartial,
  Ndparams,
  NdparamsPartial,
  type Node,
  NodeGroup,
} from '../model/index.ts';
import { commonFields, type Field, field } from './field.ts';
import { always, names, other, Parameters } from './field-kinds.ts';
import { ndparamFields } from './ndparam-fields.ts';
import { niceSorted } from './nice-sort.ts';
import type { View } from './view.ts';

const nodesOf = (group: NodeGroup, { config }: View): Node[] => [...config.nodes.values()].filter((node) => node.group === group.uuid);
const instancesOf = (group: NodeGroup, view: View): Instance[] =>
  nodesOf(group, view).flatMap((node) => view.config.instancesOf(node.uuid).primary);
const ndparams = (group: NodeGroup, { config }: View) => fillNdparams(config.cluster, group);

/** Disk parameters of every template, those of the group over those of the cluster. */
export function allDiskparams(cluster: Cluster, group?: NodeGroup): Record<string, Record<string, unknown>> {
  return Object.fromEntries(diskTemplates.map((template) => [template, fillDiskparams(cluster, group, template)]));
}

/** By disk template. */
const diskparams = Type.Object({}, { additionalProperties: Parameters });

/** Every field of a node group. */
export const groupFields: readonly Field<NodeGroup>[] = [
  field('name', 'Group', always('text'), 'Group name', (g) => g.name),
  field(
    'alloc_policy',
    'AllocPolicy',
    always('text', NodeGroup.properties.alloc_policy),
    'Whether placement may use it',
    (g) => g.alloc_policy,
  ),
  field('node_cnt', 'Nodes', always('number'), 'Number of nodes', (g, view) => nodesOf(g, view).length),
  field('node_list', 'NodeList', names, 'Nodes', (g, view) => niceSorted(nodesOf(g, view).map((node) => node.name))),
  field('pinst_cnt', 'Instances', always('number'), 'Number of instances', (g, view) => instancesOf(g, view).length),
  field('pinst_list', 'InstanceList', names, 'Instances', (g, view) => niceSorted(instancesOf(g, view).map((one) => one.name))),
  field('ipolicy', 'InstancePolicy', other(Ipolicy), 'Instance policy with all defaults', (g, { config }) =>
    fillIpolicy(config.cluster, g),
  ),
  field('custom_ipolicy', 'CustomInstancePolicy', other(IpolicyPartial), 'Instance policy of its own', (g) => g.ipolicy),
  field('diskparams', 'DiskParameters', other(diskparams), 'Disk parameters with all defaults', (g, { config }) =>
    allDiskparams(config.cluster, g),
  ),
  field('custom_diskparams', 'CustomDiskParameters', other(diskparams), 'Disk parameters of its own', (g) => g.diskparams),
  field('ndparams', 'NDParams', other(Ndparams), 'Node parameters with all defaults', ndparams),
  field('custom_ndparams', 'CustomNDParams', other(NdparamsPartial), 'Node parameters of its own', (g) => g.ndparams),
  ...ndparamFields(ndparams),
  ...commonFields<NodeGroup>('Group'),
];
