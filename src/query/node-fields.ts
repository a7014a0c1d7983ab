import { Type } from 'typebox';
import { fillNdparams, hasJoined, Ndparams, NdparamsPartial, type Node, nodeRole } from '../model/index.ts';
import type { NodeInfo } from '../rpc/index.ts';
import { commonFields, type Field, field, offline } from './field.ts';
import { always, type FieldKind, names, nullable, other } from './field-kinds.ts';
import { ndparamFields } from './ndparam-fields.ts';
import { niceSorted } from './nice-sort.ts';
import type { View } from './view.ts';

type NodeField = Field<Node>;

const groupOf = (node: Node, { config }: View) => config.groups.get(node.group);
const ndparams = (node: Node, view: View) => {
  const group = groupOf(node, view);
  return group && fillNdparams(view.config.cluster, group, node);
};
const primaries = (node: Node, { config }: View) => config.instancesOf(node.uuid).primary;
const secondaries = (node: Node, { config }: View) => config.instancesOf(node.uuid).secondary;

/** A value of the newest report of the node; old reports are not believed. */
function reported(name: string, title: string, kind: FieldKind, doc: string, get: (info: NodeInfo) => unknown): NodeField {
  return field(name, title, kind, doc, (node, { live }) => {
    if (node.offline) return offline;
    const report = live.node(node.uuid);
    return report && !report.stale ? get(report.info) : undefined;
  });
}

const roleDoc = 'M: master, C: master candidate, R: regular, D: drained, O: offline';

/** Every field of a node. */
export const nodeFields: readonly NodeField[] = [
  field('name', 'Node', always('text'), 'Node name', (n) => n.name, 'hostname'),
  field('offline', 'Offline', always('bool'), 'Whether it is marked offline', (n) => n.offline),
  field('joined', 'Joined', always('bool'), 'Whether its agent has joined; until then it is only configured', hasJoined),
  field('drained', 'Drained', always('bool'), 'Whether it gets no new instances', (n) => n.drained),
  field('master_candidate', 'MasterC', always('bool'), 'Whether it may become the master', (n) => n.master_candidate),
  field('master_capable', 'MasterCapable', always('bool'), 'Whether it may become a master candidate', (n) => n.master_capable),
  field('vm_capable', 'VMCapable', always('bool'), 'Whether it may run instances', (n) => n.vm_capable),
  field('master', 'IsMaster', always('bool'), 'Whether it is the master', (n, { config }) => config.cluster.master_node === n.uuid),
  field('role', 'Role', always('text', Type.Enum(['M', 'C', 'R', 'D', 'O'])), roleDoc, (n, { config }) =>
    nodeRole(n, config.cluster.master_node),
  ),
  field('pip', 'PrimaryIP', always('text'), 'Address of its agent', (n) => n.primary_ip),
  field('sip', 'SecondaryIP', always('text'), 'Address for replication and migration', (n) => n.secondary_ip),
  field('group', 'Group', 'text', 'Node group', (n, view) => groupOf(n, view)?.name),
  field('group.uuid', 'GroupUUID', always('text'), 'UUID of its node group', (n) => n.group),
  field('ndparams', 'NodeParameters', other(nullable(Ndparams)), 'Node parameters with all defaults', ndparams),
  field('custom_ndparams', 'CustomNodeParameters', other(NdparamsPartial), 'Node parameters of its own', (n) => n.ndparams),
  field('pinst_cnt', 'Pinst', always('number'), 'Number of instances it is the primary node of', (n, view) => primaries(n, view).length),
  field('sinst_cnt', 'Sinst', always('number'), 'Number of instances it is a secondary node of', (n, view) => secondaries(n, view).length),
  field('pinst_list', 'PriInstances', names, 'Instances it is the primary node of', (n, view) =>
    niceSorted(primaries(n, view).map((instance) => instance.name)),
  ),
  field('sinst_list', 'SecInstances', names, 'Instances it is a secondary node of', (n, view) =>
    niceSorted(secondaries(n, view).map((instance) => instance.name)),
  ),
  field('powered', 'Powered', 'bool', 'Whether it is powered on, where an out-of-band program tells', (n, view) =>
    ndparams(n, view)?.oob_program ? n.powered : null,
  ),
  field('hv_state', 'HypervisorState', other(Type.Null()), 'Not kept', () => null),
  field('disk_state', 'DiskState', other(Type.Null()), 'Not kept', () => null),
  reported('bootid', 'BootID', 'text', 'Changes with every boot of the node', (info) => info.boot_id),
  reported('ctotal', 'CTotal', 'number', 'Logical processors', (info) => info.cpu_total),
  reported('cnodes', 'CNodes', 'number', 'NUMA domains', (info) => info.cpu_nodes),
  reported('csockets', 'CSockets', 'number', 'Processor sockets', (info) => info.cpu_sockets),
  reported('cnos', 'CNOs', 'number', 'Logical processors that the operating system of the node uses', (info) => info.cpu_total),
  reported('mtotal', 'MTotal', 'unit', 'Memory of the machine', (info) => info.memory_total),
  reported('mfree', 'MFree', 'unit', 'Memory that new instances can get', (info) => info.memory_free),
  reported('mnode', 'MNode', 'unit', 'Memory that the node itself uses', (info) => info.memory_dom0),
  reported('dtotal', 'DTotal', 'unit', 'Space for disks', (info) => info.disk_total),
  reported('dfree', 'DFree', 'unit', 'Free space for disks', (info) => info.disk_free),
  reported('sptotal', 'SpTotal', 'number', 'Spindles (exclusive storage)', () => undefined),
  reported('spfree', 'SpFree', 'number', 'Free spindles (exclusive storage)', () => undefined),
  ...ndparamFields(ndparams),
  ...commonFields<Node>('Node'),
];
