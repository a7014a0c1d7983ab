import { fillBeparams, fillIpolicy, fillNdparams, type Instance, type Ipolicy, type Node, type NodeGroup } from '../../model/index.ts';
import {
  type ClusterData,
  defaultPolicy,
  type GroupData,
  type InstanceData,
  type InstancePolicy,
  type NodeData,
  noNode,
} from '../../placement/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import type { LiveState } from '../live-state.ts';
import { diskSpace, instanceData, needsOf } from './instance-needs.ts';
import { nodeRefusal } from './node-refusal.ts';
import { countedSpace, isCounted, type Space, spaceOn } from './node-space.ts';

/** The cluster for the placement engine, with what its positions stand for. */
export interface ConfiguredCluster {
  readonly data: ClusterData;
  readonly nodes: readonly Node[];
  /** One for each instance of the data. */
  readonly presences: readonly Presence[];
  /** By UUID. */
  readonly nodeAt: ReadonlyMap<string, number>;
  readonly groupAt: ReadonlyMap<string, number>;
}

/**
 * The configuration with what the nodes last reported, as the placement engine takes it; everything in the order of names, so
 * that the same cluster gives the same choice.
 *
 * Memory is counted by what instances may use, not by what they use now: the memory that a guest does not use yet must not be
 * given to another one. The engine does not check the sizes that policies allow: `checkIpolicy` names what is violated.
 */
export function configuredCluster(config: ConfigSnapshot, live: LiveState): ConfiguredCluster {
  const groups = byName(config.groups.values());
  const nodes = byName(config.nodes.values());
  const groupAt = positions(groups);
  const nodeAt = positions(nodes);
  const instances = byName(config.instances.values()).filter(({ primary_node }) => nodeAt.has(primary_node));
  const presences = instances.flatMap((instance) => presencesOf(config, nodeAt, instance));
  const { cluster } = config;
  return {
    nodes,
    presences,
    nodeAt,
    groupAt,
    data: {
      groups: groups.map((group) => groupData(config, group)),
      nodes: nodes.map((node) => nodeData(config, live, node, groupAt.get(node.group) ?? 0)),
      instances: presences.map(({ data }) => data),
      tags: cluster.tags,
      ipolicy: ratiosOf(cluster.ipolicy),
    },
  };
}

/** An instance where it is, or as what comes to the node that it is moving to. */
export interface Presence {
  /** The UUID of the instance for where it is. */
  readonly key: string;
  readonly instance: Instance;
  readonly data: InstanceData;
}

/** Of the instance, and of what comes to the node that it is moving to. */
export const presenceKeys = ({ uuid, moving_to }: Instance): readonly string[] =>
  moving_to === undefined ? [uuid] : [uuid, `${uuid} arriving`];

/** An instance where the configuration has it. While it moves it takes room on both nodes, and tags count on both. */
export function presencesOf(
  { cluster, networks }: ConfigSnapshot,
  nodeAt: ReadonlyMap<string, number>,
  instance: Instance,
): readonly Presence[] {
  const needs = needsOf(instance);
  const primary = nodeAt.get(instance.primary_node) ?? noNode;
  const secondary = nodeAt.get(instance.secondary_nodes[0] ?? '') ?? noNode;
  const [here = '', there = ''] = presenceKeys(instance);
  const staying = { key: here, instance, data: instanceData(cluster, networks, needs, { primary, secondary }) };
  const target = nodeAt.get(instance.moving_to ?? '');
  if (target === undefined) return [staying];
  const data = instanceData(cluster, networks, needs, { primary: target, secondary: noNode });
  // A name that cannot be confused with the name of an instance.
  return [staying, { key: there, instance, data: { ...data, name: `arriving: ${data.name}`, arrivalOf: data.name } }];
}

const most = Number.MAX_SAFE_INTEGER;
const none = { memory: 0, vcpus: 0, disk: 0, diskCount: 0, nicCount: 0, spindleUse: 0 };
const all = { memory: most, vcpus: most, disk: most, diskCount: most, nicCount: most, spindleUse: most };
const anySize: InstancePolicy = { ...defaultPolicy, ranges: [{ min: none, max: all }] };

function ratiosOf(policy: Ipolicy): InstancePolicy {
  const { 'vcpu-ratio': vcpuRatio, 'spindle-ratio': spindleRatio, 'memory-ratio': memoryRatio } = policy;
  return { ...anySize, vcpuRatio, spindleRatio, memoryRatio };
}

function groupData(config: ConfigSnapshot, group: NodeGroup): GroupData {
  return {
    uuid: group.uuid,
    name: group.name,
    allocPolicy: group.alloc_policy,
    networks: [...config.networks.values()].filter(({ groups }) => group.uuid in groups).map(({ name }) => name),
    ipolicy: ratiosOf(fillIpolicy(config.cluster, group)),
    tags: group.tags,
  };
}

/** A node as it is now. One that never answered has nothing. */
export function nodeData(config: ConfigSnapshot, live: LiveState, node: Node, group: number): NodeData {
  const { cluster, groups } = config;
  const report = live.node(node.uuid);
  const { memory_total = 0, memory_dom0 = 0, cpu_total = 0 } = report?.info ?? {};
  const space = report && spaceOn(report.info, countedSpace(cluster));
  const ofGroup = groups.get(node.group);
  const ndparams = ofGroup ? fillNdparams(cluster, ofGroup, node) : { ...cluster.ndparams, ...node.ndparams };
  return {
    name: node.name,
    group,
    totalMemory: memory_total,
    nodeMemory: memory_dom0,
    freeMemory: memory_total - memory_dom0 - takenMemory(config, node),
    totalDisk: space?.total ?? 0,
    freeDisk: report && space ? freeDisk(config, report.at, space, node) : 0,
    totalCpu: cpu_total,
    nodeCpu: 0,
    cpuSpeed: ndparams.cpu_speed,
    offline: nodeRefusal(live, node) !== null,
    master: node.uuid === cluster.master_node,
    totalSpindles: ndparams.spindle_count,
    freeSpindles: ndparams.exclusive_storage ? ndparams.spindle_count : 0,
    exclusiveStorage: ndparams.exclusive_storage,
    tags: node.tags,
  };
}

/** What is promised to instances; where a policy promises memory more than once, the part that it reckons with. */
function takenMemory(config: ConfigSnapshot, { uuid, group }: Node): number {
  const { primary, arriving } = config.instancesOf(uuid);
  const taking = [...primary, ...arriving].filter(({ admin_state }) => admin_state !== 'offline');
  const promised = taking.reduce((sum, instance) => sum + fillBeparams(config.cluster, instance).maxmem, 0);
  const ofGroup = config.groups.get(group);
  const { 'memory-ratio': ratio = 1 } = ofGroup ? fillIpolicy(config.cluster, ofGroup) : config.cluster.ipolicy;
  return promised / ratio;
}

/**
 * What the node reports as free, less the disks that came after its report or are on their way; and at most the space that is
 * promised to no instance, because a sparse file uses its space only when it is written.
 */
function freeDisk(config: ConfigSnapshot, reportedAt: number, { total, free }: Space, { uuid }: Node): number {
  const { primary, secondary, arriving } = config.instancesOf(uuid);
  let promised = 0;
  let coming = 0;
  for (const instance of [...primary, ...secondary, ...arriving]) {
    if (!isCounted(config.cluster, instance.disk_template)) continue;
    const space = diskSpace(instance);
    promised += space;
    if (instance.moving_to === uuid || instance.ctime * 1000 > reportedAt) coming += space;
  }
  return Math.max(0, Math.min(free - coming, total - promised));
}

const positions = (objects: readonly { readonly uuid: string }[]): ReadonlyMap<string, number> =>
  new Map(objects.map(({ uuid }, position) => [uuid, position]));

function byName<T extends { readonly name: string }>(objects: Iterable<T>): T[] {
  return [...objects].sort((a, b) => (a.name < b.name ? -1 : 1));
}
