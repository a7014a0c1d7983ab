import { diskTemplateRow } from '../../model/disk-templates/catalogue.ts';
import type { PreparedInstance } from '../cluster/prepare-cluster.ts';
import { unallocated } from '../state/add-primary.ts';
import { admitPrimary } from '../state/admit.ts';
import { attach, detach } from '../state/attach.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { failMode } from '../state/fail-mode.ts';
import { createBackup, type NodeBackup, restore, save } from '../state/node-backup.ts';
import { canEmptyNode, type RescueTraits, rescue } from './can-empty-node.ts';
import { fitsSurely } from './fits-surely.ts';
import { nodesOfGroup } from './group-score.ts';
import { createInstanceLists, delist, enlist, type InstanceLists, listed } from './instance-lists.ts';
import { matchPolicy } from './match-policy.ts';
import type { Wanted } from './search.ts';

export interface RedundancyOptions {
  /** Only nodes of these groups are asked about. */
  readonly groups: readonly number[];
  /** Nodes that are offline may have instances that find no place. */
  readonly onlineOnly: boolean;
}

/**
 * Global N+1: whether the instances of any one node would find a place when it fails. Kept up to date while instances are added
 * and removed.
 */
export interface Redundancy {
  readonly state: ClusterState;
  readonly lists: InstanceLists;
  readonly traits: RescueTraits;
  readonly checked: Int32Array;
  readonly members: ReadonlyMap<number, Int32Array>;
  /** All nodes were found redundant, and since then only instances were added or removed that cannot change this. */
  proven: boolean;
  /** Some node was found whose instances find no place, and no instance has gone since. */
  refuted: boolean;
  /** Memory, and disk of instances that are made anew, by node. */
  readonly nodeMemory: Float64Array;
  readonly nodeDisk: Float64Array;
  readonly peaks: Peaks;
  /** Of two nodes while an instance is tried there. */
  readonly backup: NodeBackup;
}

/** What `staysRedundant` needs to know of all instances: the largest needs of one and of one node's. */
interface Peaks {
  memory: number;
  disk: number;
  memoryOfNode: number;
  diskOfNode: number;
  /** There is an instance that no reserved memory or policy covers. */
  uncertain: boolean;
}

export function createRedundancy(state: ClusterState, { groups, onlineOnly }: RedundancyOptions): Redundancy {
  const size = state.instances.primary.length;
  const traits = { kind: new Uint8Array(size), allowed: [new Uint8Array(size), new Uint8Array(size)] as const };
  const members = new Map(groups.map((group) => [group, nodesOfGroup(state, group)]));
  const all = [...members.values()].flatMap((nodes) => [...nodes]).sort((a, b) => a - b);
  const redundancy: Redundancy = {
    state,
    lists: createInstanceLists(state),
    traits,
    checked: Int32Array.from(all).filter((n) => !onlineOnly || state.nodes.offline[n] === 0),
    members,
    proven: false,
    refuted: false,
    nodeMemory: new Float64Array(state.nodeCount),
    nodeDisk: new Float64Array(state.nodeCount),
    backup: createBackup(state, 2),
    peaks: { memory: 0, disk: 0, memoryOfNode: 0, diskOfNode: 0, uncertain: false },
  };
  state.data.instances.forEach((instance, row) => {
    const primary = state.instances.primary[row] as number;
    if (primary < 0 || instance.forthcoming) return;
    describeInstance(redundancy, { row, instance }, state.nodes.group[primary] as number);
    raisePeaks(redundancy, row, primary);
  });
  return redundancy;
}

/** Notes how an instance is rescued within a group. */
export function describeInstance(
  { traits, state }: Redundancy,
  { row, instance }: { row: number; instance: PreparedInstance },
  group: number,
): void {
  traits.kind[row] = rescue[diskTemplateRow(instance.diskTemplate).placement.rescue];
  const policy = state.data.groups[group]?.ipolicy;
  for (const exclusive of [0, 1] as const)
    traits.allowed[exclusive][row] = Number(policy !== undefined && matchPolicy(instance, policy, exclusive === 1) === 0);
}

/** Whether any one node may fail as things are. */
export function isRedundant(redundancy: Redundancy): boolean {
  if (redundancy.refuted) return false;
  if (!redundancy.proven) redundancy.proven = isCovered(redundancy) || redundancy.checked.every((n) => survives(redundancy, n));
  redundancy.refuted = !redundancy.proven;
  return redundancy.proven;
}

/** Nodes whose failure would leave an instance without a place. */
export function strandingNodes(redundancy: Redundancy): number[] {
  return Array.from(redundancy.checked).filter((n) => !survives(redundancy, n));
}

/** Whether that is certain without trying: memory is reserved for the mirrored instances, and there is room for all others. */
function isCovered(redundancy: Redundancy): boolean {
  const { state, peaks, members } = redundancy;
  const { nodes, tags } = state;
  if (peaks.uncertain || tags.migration !== undefined || nodes.exclusive.includes(1)) return false;
  for (let n = 0; n < state.nodeCount; n++) {
    if (unallocated(state, n) <= (nodes.reserved[n] as number) || (nodes.freeDisk[n] as number) <= 0) return false;
  }
  return [...members.values()].every((group) => hasRoom(redundancy, group, undefined));
}

function survives({ state, lists, traits, members }: Redundancy, n: number): boolean {
  if ((lists.first[n] as number) < 0) return true;
  const group = members.get(state.nodes.group[n] as number) ?? nodesOfGroup(state, state.nodes.group[n] as number);
  const primaries = listed(lists, n);
  const targets = group.filter((t) => t !== n);
  return fitsSurely(state, primaries, targets, traits) ?? canEmptyNode(state, primaries, targets, group, traits);
}

/** Whether any one node may fail when the instance is on these nodes. */
export function isRedundantWith(redundancy: Redundancy, wanted: Wanted, p: number, s: number): boolean {
  const { state, lists, backup } = redundancy;
  if (state.instances.forthcoming[wanted.row] === 1) return isRedundant(redundancy);
  save(state, backup, 0, p);
  save(state, backup, 1, s);
  attach(state, wanted.row, p, s);
  enlist(lists, p, wanted.row);
  describeInstance(redundancy, wanted, state.nodes.group[p] as number);
  const survivesAll = redundancy.checked.every((n) => !isTouched(redundancy, n, p, s) || survives(redundancy, n));
  delist(lists, p, wanted.row);
  detach(state, wanted.row);
  restore(state, backup);
  state.instances.primary[wanted.row] = -1;
  state.instances.secondary[wanted.row] = -1;
  return survivesAll;
}

/**
 * Nodes whose failure would leave the instance itself without a place if it were there, whatever happens to the others: no other
 * node of the group accepts it now. Instances that fail over to a secondary are not checked.
 */
export function strandedOn(redundancy: Redundancy, wanted: Wanted): (n: number) => boolean {
  const { state, traits, members } = redundancy;
  const { nodes, tags, instances, nodeCount } = state;
  const { row } = wanted;
  const refuges = new Map<number, readonly number[]>();
  for (const [group, all] of members) {
    describeInstance(redundancy, wanted, group);
    const takes = (n: number) =>
      (traits.kind[row] !== rescue.recreate || traits.allowed[nodes.exclusive[n] as 0 | 1][row] === 1) &&
      admitPrimary(state, n, row, true) === failMode.none;
    refuges.set(group, [...all].filter(takes));
  }
  const asked = traits.kind[row] !== rescue.failover && instances.forthcoming[row] === 0;
  const mayMove = (from: number, to: number) =>
    traits.kind[row] === rescue.recreate || tags.migration === undefined || tags.migration[from * nodeCount + to] === 1;
  const checked = new Set(redundancy.checked);
  return (n) => asked && checked.has(n) && !refuges.get(nodes.group[n] as number)?.some((t) => t !== n && mayMove(n, t));
}

/** Where all instances are mirrored and reserved for, only nodes that count on one of these two are touched by what is placed there. */
function isTouched({ state, proven, peaks }: Redundancy, n: number, p: number, s: number): boolean {
  if (!proven || peaks.uncertain || peaks.memory > 0 || n === p || n === s) return true;
  const { peers, nodeCount } = state;
  return (peers[p * nodeCount + n] as number) > 0 || (s >= 0 && (peers[s * nodeCount + n] as number) > 0);
}

/** An instance came to stay. */
export function noteArrival(redundancy: Redundancy, { row, instance }: Wanted, p: number, harmless: boolean): void {
  if (redundancy.state.instances.forthcoming[row] === 1) return;
  enlist(redundancy.lists, p, row);
  describeInstance(redundancy, { row, instance }, redundancy.state.nodes.group[p] as number);
  raisePeaks(redundancy, row, p);
  redundancy.proven &&= harmless;
}

/** An instance was removed. What was redundant stays redundant, because the removal only freed resources. */
export function noteDeparture(redundancy: Redundancy, row: number, p: number): void {
  const { lists, nodeMemory, nodeDisk, traits, state } = redundancy;
  redundancy.refuted = false;
  delist(lists, p, row);
  nodeMemory[p] = (nodeMemory[p] as number) - (state.instances.memory[row] as number);
  if (traits.kind[row] === rescue.recreate && state.instances.local[row] === 1)
    nodeDisk[p] = (nodeDisk[p] as number) - (state.instances.disk[row] as number);
}

/**
 * Whether it is certain, without trying, that the cluster stays redundant wherever the instance is admitted. Mirrored
 * instances are covered by the memory that is reserved for them. For the others, let each target count the part of the
 * node's instances that fits on it whatever the order; when those parts add up to more than the whole, none is left over.
 */
export function staysRedundant(redundancy: Redundancy, { row, instance }: Wanted, force: boolean): boolean {
  const { state } = redundancy;
  const { nodes, tags, data } = state;
  if (force || redundancy.peaks.uncertain || tags.migration !== undefined || !isRedundant(redundancy)) return false;
  if (nodes.exclusive.includes(1) || nodes.failN1.includes(1)) return false;
  describeInstance(redundancy, { row, instance }, 0);
  if (redundancy.traits.kind[row] === rescue.recreate && data.groups.some(({ ipolicy }) => matchPolicy(instance, ipolicy, false) !== 0))
    return false;
  return [...redundancy.members.values()].every((group) => hasRoom(redundancy, group, row));
}

function hasRoom({ state, traits, peaks }: Redundancy, group: Int32Array, row: number | undefined): boolean {
  const { instances, nodes } = state;
  const kind = row === undefined ? rescue.failover : (traits.kind[row] as number);
  const local = row !== undefined && instances.local[row] === 1 ? (instances.disk[row] as number) : 0;
  const added = row === undefined ? 0 : (instances.memory[row] as number);
  const memory = Math.max(peaks.memory, kind === rescue.failover ? 0 : added);
  const disk = Math.max(peaks.disk, kind === rescue.recreate ? local : 0);
  if (memory === 0) return true;
  const whole = { memory: peaks.memoryOfNode + added, disk: peaks.diskOfNode + local };
  let parts = 0;
  let largest = 0;
  let second = 0;
  for (const n of group) {
    const byMemory = (unallocated(state, n) - memory) / whole.memory;
    const byDisk = disk === 0 ? byMemory : ((nodes.freeDisk[n] as number) - disk) / whole.disk;
    const part = Math.max(0, Math.min(byMemory, byDisk));
    parts += part;
    if (part > largest) [largest, second] = [part, largest];
    else if (part > second) second = part;
  }
  // The node that fails is no target, and the one that the instance comes to may lose its part.
  return parts - largest - second > (disk === 0 ? 1 : 2);
}

/** Updates the maxima for an instance on a node. They never decrease, which only makes the answers more cautious. */
function raisePeaks({ state, traits, peaks, nodeMemory, nodeDisk }: Redundancy, i: number, n: number): void {
  const { instances } = state;
  const kind = traits.kind[i] as number;
  const memory = instances.memory[i] as number;
  const disk = instances.local[i] === 1 && kind === rescue.recreate ? (instances.disk[i] as number) : 0;
  nodeMemory[n] = (nodeMemory[n] as number) + memory;
  nodeDisk[n] = (nodeDisk[n] as number) + disk;
  peaks.memoryOfNode = Math.max(peaks.memoryOfNode, nodeMemory[n] as number);
  peaks.diskOfNode = Math.max(peaks.diskOfNode, nodeDisk[n] as number);
  if (kind === rescue.failover) {
    peaks.uncertain ||= instances.reserves[i] === 0 && instances.usesMemory[i] === 1;
    return;
  }
  peaks.memory = Math.max(peaks.memory, memory);
  peaks.disk = Math.max(peaks.disk, disk);
  peaks.uncertain ||= kind === rescue.recreate && traits.allowed[0][i] === 0;
}
