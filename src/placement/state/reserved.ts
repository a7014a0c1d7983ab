import type { ClusterState } from './cluster-state.ts';

/** The memory that node n, which reserves so much, reserves once instance i is there as secondary, with its primary on `primary`. */
export function reservedWith(
  { nodes, instances, peers, nodeCount }: ClusterState,
  n: number,
  i: number,
  primary: number,
  reserved = nodes.reserved[n] as number,
): number {
  if (instances.reserves[i] === 0) return reserved;
  return Math.max(reserved, (peers[n * nodeCount + primary] as number) + (instances.memory[i] as number));
}

/** The memory that node n reserves once instance i, whose primary is on `primary`, is no more there as secondary. */
export function reservedWithout({ nodes, instances, peers, nodeCount }: ClusterState, n: number, i: number, primary: number): number {
  const reserved = nodes.reserved[n] as number;
  const at = n * nodeCount + primary;
  const need = peers[at] as number;
  if (instances.reserves[i] === 0 || need < reserved) return reserved;
  let most = need - (instances.memory[i] as number);
  for (let other = n * nodeCount, end = other + nodeCount; other < end; other++) {
    const memory = peers[other] as number;
    if (memory > most && other !== at) most = memory;
  }
  return most;
}
