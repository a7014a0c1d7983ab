import type { ClusterState } from '../state/cluster-state.ts';

/** Looking at an instance at all costs as much as weighing so many moves. */
const perInstance = 30;

/** What finding one move by balancing costs, in moves weighed. */
export function weighingsPerMove({ instanceCount, nodes, scope }: ClusterState): number {
  return instanceCount * (scope.filter((n) => nodes.offline[n] === 0).length + perInstance);
}
