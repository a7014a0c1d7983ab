import { unallocated } from '../state/add-primary.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { nodeCounts } from '../state/counts.ts';
import { sharedDomains, type TagTables, unmetDesires } from '../state/tag-tables.ts';

/** What one instance at least adds to the counts of the score, by role, on its primary (0) and its secondary node (1). */
export interface CountBound {
  readonly primaryAt: Float64Array;
  readonly secondaryAt: Float64Array;
}

/** What an instance costs on a node that is offline, as primary and as secondary. */
const primaryOffline = 20;
const secondaryOffline = 4;

/**
 * The counts of the score without an instance, which is still attached: not more than they would be. Writes what it
 * brings on its own nodes.
 * @param reserved memory that its secondary node reserves without it
 */
export function boundCounts(state: ClusterState, bound: CountBound, i: number, p: number, s: number, reserved: number): number {
  bound.primaryAt[1] = 0;
  bound.secondaryAt[1] = 0;
  return boundAtPrimary(state, bound, i, p, s) + (s >= 0 ? boundAtSecondary(state, bound, i, s, reserved) : 0);
}

/** @returns by how much the counts change when it leaves */
function boundAtPrimary(state: ClusterState, { primaryAt, secondaryAt }: CountBound, i: number, p: number, s: number): number {
  const { nodes, instances, tags } = state;
  if (nodes.offline[p] === 1) {
    primaryAt[0] = primaryOffline;
    secondaryAt[0] = secondaryOffline;
    return -primaryOffline;
  }
  const all = (nodes.primaries[p] as number) + (nodes.secondaries[p] as number);
  const free = unallocated(state, p);
  const reserved = nodes.reserved[p] as number;
  const conflicts = 2 * (nodes.tagConflicts[p] as number) + (nodes.location[p] as number);
  const failed = free + (instances.usesMemory[i] === 1 ? (instances.memory[i] as number) : 0) <= reserved;
  const shared = tags.words > 0 && s >= 0 ? sharedDomains(tags, p, s) : 0;
  const ownConflicts = 2 * conflictsOf(tags, i, p) + (tags.words > 0 ? unmetDesires(tags, i, p) : 0);
  const without = (failed ? all - 1 : 0) + conflicts - ownConflicts - shared;
  primaryAt[0] = (free <= reserved ? all : 0) + conflicts - shared - without;
  secondaryAt[0] = Number(failed);
  return without - nodeCounts(state, p) - domainConflictsOf(tags, i, p);
}

function boundAtSecondary(state: ClusterState, { primaryAt, secondaryAt }: CountBound, i: number, s: number, reserved: number): number {
  const { nodes, instances, tags } = state;
  if (nodes.offline[s] === 1) {
    primaryAt[1] = primaryOffline;
    secondaryAt[1] = secondaryOffline;
    return -secondaryOffline;
  }
  const all = (nodes.primaries[s] as number) + (nodes.secondaries[s] as number);
  const free = unallocated(state, s);
  const failed = free <= reserved;
  const failsWith = free - (instances.usesMemory[i] === 1 ? (instances.memory[i] as number) : 0) <= reserved;
  const failure = failed ? all - 1 : 0;
  primaryAt[1] = (failsWith ? all : 0) - failure + (tags.words > 0 ? unmetDesires(tags, i, s) : 0);
  secondaryAt[1] = Number(failed);
  return failure + 2 * (nodes.tagConflicts[s] as number) + (nodes.location[s] as number) - nodeCounts(state, s);
}

/** Conflicts with others on its primary node that end when it leaves. */
function conflictsOf({ exclusions, onNode, exclusionCount }: TagTables, i: number, p: number): number {
  let conflicts = 0;
  for (let k = exclusions.start[i] as number; k < (exclusions.start[i + 1] as number); k++) {
    if ((onNode[p * exclusionCount + (exclusions.tags[k] as number)] as number) > 1) conflicts++;
  }
  return conflicts;
}

/** The same with others in the failure domains of the node. */
function domainConflictsOf({ exclusions, locations, inDomain, exclusionCount, words }: TagTables, i: number, p: number): number {
  if (words === 0) return 0;
  let conflicts = 0;
  for (let l = locations.start[p] as number; l < (locations.start[p + 1] as number); l++) {
    for (let k = exclusions.start[i] as number; k < (exclusions.start[i + 1] as number); k++) {
      if ((inDomain[(locations.tags[l] as number) * exclusionCount + (exclusions.tags[k] as number)] as number) > 1) conflicts++;
    }
  }
  return conflicts;
}
