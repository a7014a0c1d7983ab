import { refreshTable, reservedScore, type ScoreTable } from '../balance/score-table.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { scoreCounts } from '../state/counts.ts';
import { clusterScore } from '../state/score.ts';

/** The table for the nodes that are online now, a part of those it was made for: what does not depend on them is shared. */
export function narrowTable(state: ClusterState, table: ScoreTable): ScoreTable {
  const online = state.scope.filter((n) => state.nodes.offline[n] === 0);
  const narrowed = { ...table, online, reservedSums: { ...table.reservedSums } };
  refreshTable(state, narrowed);
  return { ...narrowed, constant: clusterScore(state) - changing(state, narrowed) };
}

/** The score but for metrics that no move changes. */
function changing(state: ClusterState, table: ScoreTable): number {
  const { metrics, sums, squares, weights, online, reservedSums } = table;
  let score = scoreCounts(state) + reservedScore(table, reservedSums.sum, reservedSums.squares);
  for (let k = 0; k < metrics; k++) {
    score += (weights[k] as number) * deviation(sums[k] as number, squares[k] as number, online.length);
  }
  return score;
}

const deviation = (sum: number, squares: number, count: number): number => Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
