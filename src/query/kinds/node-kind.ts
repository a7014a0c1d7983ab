import { Type } from 'typebox';
import { fillNdparams, hasJoined, Ndparams, NdparamsPartial, type Node, nodeRole } from '../../model/index.ts';
import type { NodeInfo } from '../../rpc/index.ts';
import { offline } from '../fields/cell.ts';
import { commonFields } from '../fields/common-fields.ts';
import { type Field, fieldsOf } from '../fields/field.ts';
import { ndparamFields } from '../fields/ndparam-fields.ts';
import { niceSorted, niceSortedByName } from '../fields/nice-sort.ts';
import { always, type FieldKind, type Got, names, nullable, other } from '../fields/value-types.ts';
import { nodeRelations } from '../relations/node-relations.ts';
import type { ConfigView } from '../view.ts';
import { defineKind } from './kind.ts';

const { stored, computed, live } = fieldsOf<Node>();

const group = (node: Node, { config }: ConfigView) => nodeRelations.group.of(node, config);
const primaries = (node: Node, { config }: ConfigView) => nodeRelations.primary_instances.of(node, config);
const secondaries = (node: Node, { config }: ConfigView) => nodeRelations.secondary_instances.of(node, config);
const ndparams = (node: Node, view: ConfigView) => {
  const own = group(node, view);
  return own && fillNdparams(view.config.cluster, own, node);
};

/** A value of the newest report of the node; old reports are not believed. */
function reported<const K extends FieldKind>(
  name: string,
  title: string,
  kind: K,
  doc: string,
  get: (info: NodeInfo) => Got<K>,
): Field<Node> {
  return live(name, title, kind, doc, (node, { live: seen }): Got<K> => {
    if (node.offline) return offline as Got<K>;
    const report = seen.node(node.uuid);
    return report && !report.stale ? get(report.info) : (undefined as Got<K>);
  });
}

const roleDoc = 'M: master, C: master candidate, R: regular, D: drained, O: offline';

const fields: readonly Field<Node>[] = [
  stored('name', 'Node', always('text'), 'Node name', (n) => n.name, 'hostname'),
  stored('offline', 'Offline', always('bool'), 'Whether it is marked offline', (n) => n.offline),
  stored('joined', 'Joined', always('bool'), 'Whether its agent has joined; until then it is only configured', hasJoined),
  stored('drained', 'Drained', always('bool'), 'Whether it gets no new instances', (n) => n.drained),
  stored('master_candidate', 'MasterC', always('bool'), 'Whether it may become the master', (n) => n.master_candidate),
  stored('master_capable', 'MasterCapable', always('bool'), 'Whether it may become a master candidate', (n) => n.master_capable),
  stored('vm_capable', 'VMCapable', always('bool'), 'Whether it may run instances', (n) => n.vm_capable),
  computed('master', 'IsMaster', always('bool'), 'Whether it is the master', (n, { config }) => config.cluster.master_node === n.uuid),
  computed('role', 'Role', always('text', Type.Enum(['M', 'C', 'R', 'D', 'O'])), roleDoc, (n, { config }) =>
    nodeRole(n, config.cluster.master_node),
  ),
  stored('pip', 'PrimaryIP', always('text'), 'Address of its agent', (n) => n.primary_ip),
  stored('sip', 'SecondaryIP', always('text'), 'Address for replication and migration', (n) => n.secondary_ip),
  computed('group', 'Group', 'text', 'Node group', (n, view) => group(n, view)?.name),
  stored('group.uuid', 'GroupUUID', always('text'), 'UUID of its node group', (n) => n.group),
  computed('ndparams', 'NodeParameters', other(nullable(Ndparams)), 'Node parameters with all defaults', ndparams),
  stored('custom_ndparams', 'CustomNodeParameters', other(NdparamsPartial), 'Node parameters of its own', (n) => n.ndparams),
  computed('pinst_cnt', 'Pinst', always('number'), 'Number of instances it is the primary node of', (n, view) => primaries(n, view).length),
  computed(
    'sinst_cnt',
    'Sinst',
    always('number'),
    'Number of instances it is a secondary node of',
    (n, view) => secondaries(n, view).length,
  ),
  computed('pinst_list', 'PriInstances', names, 'Instances it is the primary node of', (n, view) =>
    niceSorted(primaries(n, view).map((instance) => instance.name)),
  ),
  computed('sinst_list', 'SecInstances', names, 'Instances it is a secondary node of', (n, view) =>
    niceSorted(secondaries(n, view).map((instance) => instance.name)),
  ),
  computed('powered', 'Powered', 'bool', 'Whether it is powered on, where an out-of-band program tells', (n, view) =>
    ndparams(n, view)?.oob_program ? n.powered : null,
  ),
  stored('hv_state', 'HypervisorState', other(Type.Null()), 'Not kept', () => null),
  stored('disk_state', 'DiskState', other(Type.Null()), 'Not kept', () => null),
  reported('agent_version', 'AgentVersion', 'text', 'Version of its node agent', (info) => info.version),
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
  ...commonFields('Node'),
];

export const nodeKind = defineKind<Node>({
  name: 'node',
  fields,
  row: 'name offline master_candidate drained dtotal dfree sptotal spfree mtotal mnode mfree pinst_cnt sinst_cnt ctotal cnos cnodes csockets pip sip role pinst_list sinst_list master_capable vm_capable ndparams group.uuid ctime mtime uuid serial_no tags joined',
  relations: nodeRelations,
  items: ({ config }) => niceSortedByName(config.nodes),
});
