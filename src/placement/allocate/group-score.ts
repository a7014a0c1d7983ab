import type { ClusterState } from '../state/cluster-state.ts';
import { clusterScore, scoreComponents } from '../state/score.ts';

/** The nodes of a group, in their order. */
export function nodesOfGroup({ nodes, nodeCount }: ClusterState, group: number): Int32Array {
  return Int32Array.from({ length: nodeCount }, (_, n) => n).filter((n) => nodes.group[n] === group);
}

/** The score of a part of the cluster by itself. */
export function groupScore(state: ClusterState, scope: Int32Array): number {
  const score = clusterScore({ ...state, scope });
  const { tags } = state;
  if (scope.length === state.scope.length || tags.words === 0 || tags.exclusionCount === 0) return score;
  return score + conflictWeight * (domainConflicts(state, scope) - (tags.domainConflicts[0] as number));
}

const conflictWeight = scoreComponents.find(({ statistic }) => statistic === 'conflicts')?.weight ?? 0;

/** Primary instances beyond the first by failure domain and exclusion tag, on the online nodes of the scope alone. */
function domainConflicts({ tags, nodes }: ClusterState, scope: Int32Array): number {
  const { locations, onNode, exclusionCount, inDomain } = tags;
  const counts = new Int32Array(inDomain.length);
  for (const n of scope) {
    if (nodes.offline[n] === 1) continue;
    for (let l = locations.start[n] as number; l < (locations.start[n + 1] as number); l++) {
      for (let tag = 0; tag < exclusionCount; tag++) {
        const at = (locations.tags[l] as number) * exclusionCount + tag;
        counts[at] = (counts[at] as number) + (onNode[n * exclusionCount + tag] as number);
      }
    }
  }
  return counts.reduce((sum, count) => sum + Math.max(0, count - 1), 0);
}
