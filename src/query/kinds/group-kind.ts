import { Type } from 'typebox';
import {
  type Cluster,
  diskTemplates,
  fillDiskparams,
  fillIpolicy,
  fillNdparams,
  Ipolicy,
  IpolicyPartial,
  Ndparams,
  NdparamsPartial,
  NodeGroup,
} from '../../model/index.ts';
import { commonFields } from '../fields/common-fields.ts';
import { type Field, fieldsOf } from '../fields/field.ts';
import { ndparamFields } from '../fields/ndparam-fields.ts';
import { niceSorted, niceSortedByName } from '../fields/nice-sort.ts';
import { always, names, other, Parameters } from '../fields/value-types.ts';
import { groupRelations } from '../relations/group-relations.ts';
import type { ConfigView } from '../view.ts';
import { defineKind } from './kind.ts';

const { stored, computed } = fieldsOf<NodeGroup>();

const nodesOf = (group: NodeGroup, { config }: ConfigView) => groupRelations.nodes.of(group, config);
const instancesOf = (group: NodeGroup, { config }: ConfigView) => groupRelations.instances.of(group, config);
const ndparams = (group: NodeGroup, { config }: ConfigView) => fillNdparams(config.cluster, group);

/** Disk parameters of every template, those of the group over those of the cluster. */
export function allDiskparams(cluster: Cluster, group?: NodeGroup): Record<string, Record<string, unknown>> {
  return Object.fromEntries(diskTemplates.map((template) => [template, fillDiskparams(cluster, group, template)]));
}

/** By disk template. */
export const AllDiskparams = Type.Record(Type.String(), Parameters);

const fields: readonly Field<NodeGroup>[] = [
  stored('name', 'Group', always('text'), 'Group name', (g) => g.name),
  stored(
    'alloc_policy',
    'AllocPolicy',
    always('text', NodeGroup.properties.alloc_policy),
    'Whether placement may use it',
    (g) => g.alloc_policy,
  ),
  computed('node_cnt', 'Nodes', always('number'), 'Number of nodes', (g, view) => nodesOf(g, view).length),
  computed('node_list', 'NodeList', names, 'Nodes', (g, view) => niceSorted(nodesOf(g, view).map((node) => node.name))),
  computed('pinst_cnt', 'Instances', always('number'), 'Number of instances', (g, view) => instancesOf(g, view).length),
  computed('pinst_list', 'InstanceList', names, 'Instances', (g, view) => niceSorted(instancesOf(g, view).map((one) => one.name))),
  computed('ipolicy', 'InstancePolicy', other(Ipolicy), 'Instance policy with all defaults', (g, { config }) =>
    fillIpolicy(config.cluster, g),
  ),
  stored('custom_ipolicy', 'CustomInstancePolicy', other(IpolicyPartial), 'Instance policy of its own', (g) => g.ipolicy),
  computed('diskparams', 'DiskParameters', other(AllDiskparams), 'Disk parameters with all defaults', (g, { config }) =>
    allDiskparams(config.cluster, g),
  ),
  stored('custom_diskparams', 'CustomDiskParameters', other(AllDiskparams), 'Disk parameters of its own', (g) => g.diskparams),
  computed('ndparams', 'NDParams', other(Ndparams), 'Node parameters with all defaults', ndparams),
  stored('custom_ndparams', 'CustomNDParams', other(NdparamsPartial), 'Node parameters of its own', (g) => g.ndparams),
  ...ndparamFields(ndparams),
  ...commonFields('Group'),
];

export const groupKind = defineKind<NodeGroup>({
  name: 'group',
  fields,
  row: 'alloc_policy name node_cnt node_list ipolicy custom_ipolicy diskparams custom_diskparams ndparams custom_ndparams ctime mtime uuid serial_no tags',
  relations: groupRelations,
  items: ({ config }) => niceSortedByName(config.groups),
});
