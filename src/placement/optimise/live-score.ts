import { createScoreTable, refreshNode, refreshTable, reservedScore, type ScoreTable } from '../balance/score-table.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { nodeCounts } from '../state/counts.ts';

/** The score of a state that changes a few nodes at a time, kept current by telling it which. */
export interface LiveScore {
  readonly table: ScoreTable;
  readonly inScope: Uint8Array;
  /** Counts by node, and their sum; conflicts over domains are apart. */
  readonly counts: Float64Array;
  total: number;
  touches: number;
}

/** Rounding adds up; after so many changes everything is read anew. */
const renewal = 20_000;

export function createLiveScore(state: ClusterState, movable: Int32Array): LiveScore {
  const inScope = new Uint8Array(state.nodeCount);
  for (const n of state.scope) inScope[n] = 1;
  const counts = Float64Array.from({ length: state.nodeCount }, (_, n) => (inScope[n] === 1 ? nodeCounts(state, n) : 0));
  return { table: createScoreTable(state, movable), counts, total: counts.reduce((sum, count) => sum + count, 0), inScope, touches: 0 };
}

/** A node has changed. */
export function touch(state: ClusterState, live: LiveScore, n: number): void {
  if (n < 0 || live.inScope[n] === 0) return;
  const counts = nodeCounts(state, n);
  live.total += counts - (live.counts[n] as number);
  live.counts[n] = counts;
  refreshNode(state, live.table, n);
  if (++live.touches % renewal === 0) refreshTable(state, live.table);
}

/** The score as things stand. */
export function readScore(state: ClusterState, { table, total }: LiveScore): number {
  const { metrics, sums, squares, weights, online, reservedSums } = table;
  let score = table.constant + total + (state.tags.domainConflicts[0] as number);
  const inverse = 1 / online.length;
  for (let k = 0; k < metrics; k++) {
    const mean = (sums[k] as number) * inverse;
    score += (weights[k] as number) * Math.sqrt(Math.max(0, (squares[k] as number) * inverse - mean * mean));
  }
  return score + reservedScore(table, reservedSums.sum, reservedSums.squares);
}
