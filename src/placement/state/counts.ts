import { unallocated } from './add-primary.ts';
import type { ClusterState } from './cluster-state.ts';
import { sharedDomains, unmetDesires } from './tag-tables.ts';

/** Counts of the score over the scope: everything but deviations and reserved memory. */
export function scoreCounts(state: ClusterState): number {
  let counts = state.tags.domainConflicts[0] as number;
  for (const n of state.scope) counts += nodeCounts(state, n);
  return counts;
}

/** Weighted counts of a node as it is: instances without N+1, or on a node that is offline; conflicts; locations. */
export function nodeCounts({ nodes }: ClusterState, n: number): number {
  const all = (nodes.primaries[n] as number) + (nodes.secondaries[n] as number);
  if (nodes.offline[n] === 1) return 4 * all + 16 * (nodes.primaries[n] as number);
  if (nodes.counted[n] === 0) return 0;
  return (nodes.failN1[n] === 1 ? all : 0) + 2 * (nodes.tagConflicts[n] as number) + (nodes.location[n] as number);
}

/** `nodeCounts` with one more primary instance, and what it adds to conflicts of domains. */
export function countsWithPrimary(state: ClusterState, i: number, n: number, other: number): number {
  const { nodes, instances, tags } = state;
  const all = (nodes.primaries[n] as number) + (nodes.secondaries[n] as number) + 1;
  if (nodes.offline[n] === 1) return 4 * all + 16 * ((nodes.primaries[n] as number) + 1);
  const free = unallocated(state, n) - (instances.usesMemory[i] === 1 ? (instances.memory[i] as number) : 0);
  let counts = (free <= (nodes.reserved[n] as number) ? all : 0) + 2 * (nodes.tagConflicts[n] as number) + (nodes.location[n] as number);
  const { exclusions, locations, onNode, inDomain, exclusionCount } = tags;
  for (let k = exclusions.start[i] as number; k < (exclusions.start[i + 1] as number); k++) {
    const tag = exclusions.tags[k] as number;
    if ((onNode[n * exclusionCount + tag] as number) > 0) counts += 2;
    for (let l = locations.start[n] as number; l < (locations.start[n + 1] as number); l++) {
      if ((inDomain[(locations.tags[l] as number) * exclusionCount + tag] as number) > 0) counts += 1;
    }
  }
  if (tags.words > 0) counts += unmetDesires(tags, i, n) + (other >= 0 ? sharedDomains(tags, n, other) : 0);
  return counts;
}

/** `nodeCounts` with one more secondary instance and the memory that is then reserved. */
export function countsWithSecondary(state: ClusterState, n: number, reserved: number): number {
  const { nodes } = state;
  const all = (nodes.primaries[n] as number) + (nodes.secondaries[n] as number) + 1;
  if (nodes.offline[n] === 1) return 4 * all + 16 * (nodes.primaries[n] as number);
  const failed = unallocated(state, n) <= reserved;
  return (failed ? all : 0) + 2 * (nodes.tagConflicts[n] as number) + (nodes.location[n] as number);
}
