import { validate } from '../../../model/index.ts';
import { type ClusterData, defaultPolicy, type NodeData } from '../../../placement/index.ts';
import { parseJson } from '../json-text.ts';
import { placeInstance } from '../live/assemble.ts';
import type { LiveNode } from '../live/live-schemas.ts';
import { toPolicy } from '../live/policy-schema.ts';
import { toNode } from '../live/to-node.ts';
import { indexNames } from '../name-index.ts';
import type { AllocationRequest } from './allocation-request.ts';
import { type IallocatorNode, Message } from './iallocator-schemas.ts';
import { inGanetisWords, requireRequest } from './in-ganetis-words.ts';
import { parseRequest } from './parse-request.ts';
import { toInstance } from './to-instance.ts';

/** What Ganeti hands to its instance allocators: the cluster, and what it wants to know about it. */
export interface IallocatorInput {
  readonly cluster: ClusterData;
  readonly request: AllocationRequest;
}

/**
 * Reads the input of an instance allocator (source: Ganeti's doc/iallocator.rst).
 * @param place names the input in errors, e.g. the file
 * @throws HTOOLS_JSON_MALFORMED, HTOOLS_MESSAGE_INVALID, HTOOLS_NODE_SILENT, HTOOLS_REFERENCE_UNKNOWN, HTOOLS_SAME_NODE
 */
export function parseIallocator(text: string, place: string): IallocatorInput {
  const value = parseJson(text, place);
  return inGanetisWords(() => {
    requireRequest(value, place);
    const message = validate(Message, value, place);
    const cluster = toCluster(message, place);
    return { cluster, request: parseRequest(value.request, message.request.type, cluster, place) };
  });
}

function toCluster(message: Message, place: string): ClusterData {
  const groups = Object.entries(message.nodegroups).map(([uuid, group]) => ({
    uuid,
    name: group.name,
    allocPolicy: group.alloc_policy,
    networks: group.networks,
    ipolicy: toPolicy(group.ipolicy),
    tags: group.tags,
  }));
  const groupIndex = indexNames('group', Object.keys(message.nodegroups), { place });
  const nodeIndex = indexNames('node', Object.keys(message.nodes), { place });
  // Ganeti's message does not tell the default one; clusters have one hypervisor as a rule.
  const [hypervisor] = message.enabled_hypervisors;
  const nodes = Object.entries(message.nodes).map(([name, node]): NodeData => {
    const group = groupIndex.find(node.group, `node ${name}`, { place });
    return { ...toNode(asLive(name, node), group, place), hypervisor };
  });
  const instances = Object.entries(message.instances).map(([name, instance]) => {
    const [pnode = '', snode] = instance.nodes;
    const base = toInstance(name, instance);
    return { ...base, ...placeInstance(name, pnode, snode, base.forthcoming, nodeIndex, { place }) };
  });
  return { groups, nodes, instances, tags: message.cluster_tags, ipolicy: defaultPolicy };
}

const asLive = (name: string, node: IallocatorNode): LiveNode => ({
  name,
  'group.uuid': node.group,
  offline: node.offline,
  drained: node.drained,
  vm_capable: node.vm_capable,
  exclusive_storage: node.ndparams.exclusive_storage,
  spindle_count: node.ndparams.spindle_count,
  cpu_speed: node.ndparams.cpu_speed,
  mtotal: node.total_memory,
  mnode: node.reserved_memory,
  mfree: node.free_memory,
  dtotal: node.total_disk,
  dfree: node.free_disk,
  ctotal: node.total_cpus,
  cnos: node.reserved_cpus,
  sptotal: node.total_spindles,
  spfree: node.free_spindles,
  tags: node.tags ?? [],
});
