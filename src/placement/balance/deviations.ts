import type { ClusterState } from '../state/cluster-state.ts';
import { countsWithPrimary, countsWithSecondary, nodeCounts } from '../state/counts.ts';
import { reservedWith } from '../state/reserved.ts';
import { reservedScore, type ScoreTable } from './score-table.ts';

/** Parts of the score without an instance that are no deviations. */
export interface Base {
  reservedSum: number;
  reservedSquares: number;
  counts: number;
}

/**
 * The weighted deviations, with what an instance adds to the sums and squares as primary and as secondary: sums first, then
 * squares.
 */
export function deviations(
  { metrics, weights, online }: ScoreTable,
  { sums, squares }: Pick<ScoreTable, 'sums' | 'squares'>,
  primaryPart: Float64Array,
  secondaryPart: Float64Array | undefined,
): number {
  const inverse = 1 / online.length;
  let total = 0;
  for (let k = 0; k < metrics; k++) {
    let sum = (sums[k] as number) + (primaryPart[k] as number);
    let square = (squares[k] as number) + (primaryPart[metrics + k] as number);
    if (secondaryPart) {
      sum += secondaryPart[k] as number;
      square += secondaryPart[metrics + k] as number;
    }
    const mean = sum * inverse;
    const variance = square * inverse - mean * mean;
    if (variance > 0) total += (weights[k] as number) * Math.sqrt(variance);
  }
  return total;
}

/** Reserved memory and everything that is counted, with a detached instance on `a` as primary and `b` as secondary, or -1. */
export function rest(state: ClusterState, table: ScoreTable, base: Base, i: number, a: number, b: number): number {
  const { nodes } = state;
  let { reservedSum: sum, reservedSquares: squares, counts } = base;
  counts += countsWithPrimary(state, i, a, b) - nodeCounts(state, a);
  if (b >= 0) {
    const before = nodes.reserved[b] as number;
    const reserved = reservedWith(state, b, i, a);
    counts += countsWithSecondary(state, b, reserved) - nodeCounts(state, b);
    if (reserved !== before && table.isOnline[b] === 1) {
      const memory = nodes.totalMemory[b] as number;
      const d = (reserved - before) / memory;
      sum += d;
      squares += d * (2 * (before / memory - table.reservedSums.centre) + d);
    }
  }
  return counts + reservedScore(table, sum, squares);
}
