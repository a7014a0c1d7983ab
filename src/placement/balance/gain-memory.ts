import type { ClusterState } from '../state/cluster-state.ts';
import type { ScoreBound } from './score-bound.ts';
import type { ScoreTable } from './score-table.ts';

/**
 * What is known of moves that were looked at in earlier steps. A step changes three or four nodes. Moves between other nodes
 * change the same variances by the same amounts as before; only the initial variances differ. One number per step, the drift,
 * says how much this can add to the gain of any move. So for an instance whose moves were far from the best, only moves to and
 * from changed nodes are computed again, until the sum of the drifts reaches that distance.
 */
export interface GainMemory {
  /** Upper bound of the gain of the best move by instance, less the drift when it was taken. `Infinity`: not known. */
  readonly gains: Float64Array;
  /** Sum of the drifts of all steps so far. */
  drift: number;
  /** Variances and centres before the step, by metric, reserved memory last. */
  readonly variances: Float64Array;
  readonly centres: Float64Array;
  /** By how much the sum of an instance's changes can differ from 0, by metric: where nodes differ in size. */
  readonly imbalance: Float64Array;
}

export function createGainMemory(state: ClusterState, table: ScoreTable, bound: ScoreBound): GainMemory {
  const { metrics } = table;
  const imbalance = new Float64Array(metrics + 1);
  for (let k = 0; k < metrics; k++) {
    const spread = (bound.largestFactor[k] as number) - (bound.leastFactor[k] as number);
    imbalance[k] = spread * (largest(table.primaryAmounts[0], metrics, k) + largest(table.secondaryAmounts[0], metrics, k));
  }
  imbalance[metrics] = 2 * largest(state.instances.memory, 1, 0) * bound.memoryFactor;
  const memory: GainMemory = {
    gains: new Float64Array(state.instances.primary.length).fill(Number.POSITIVE_INFINITY),
    drift: 0,
    variances: new Float64Array(metrics + 1),
    centres: new Float64Array(metrics + 1),
    imbalance,
  };
  note(memory, table);
  return memory;
}

/** Takes in what a step has done to the variances. */
export function advance(memory: GainMemory, table: ScoreTable, bound: ScoreBound): void {
  const { variances, centres, imbalance } = memory;
  const { metrics, weights, online } = table;
  const before = variances.slice();
  const centresBefore = centres.slice();
  note(memory, table);
  for (let k = 0; k <= metrics; k++) {
    const was = before[k] as number;
    const is = variances[k] as number;
    const shift = (2 * Math.abs((centres[k] as number) - (centresBefore[k] as number)) * (imbalance[k] as number)) / online.length;
    const change = is < was ? Math.max(bound.leastChanges[k] as number, -is) : (bound.largestChanges[k] as number);
    const after = Math.max(0, is + change);
    const growth = Math.sqrt(is) - Math.sqrt(was) - (Math.sqrt(after) - Math.sqrt(Math.max(0, was + change)));
    const slack = Math.sqrt(after) - Math.sqrt(Math.max(0, after - shift));
    memory.drift += (k < metrics ? (weights[k] as number) : 1) * (Math.max(0, growth) + slack);
  }
}

/** The most that any move of an instance can gain now, but for moves that touch nodes changed in the last step. */
export const gainLimit = ({ gains, drift }: GainMemory, i: number): number => (gains[i] as number) + drift;

export function remember(memory: GainMemory, i: number, gain: number): void {
  memory.gains[i] = gain - memory.drift;
}

function note({ variances, centres }: GainMemory, table: ScoreTable): void {
  const { metrics, squares, sums, online, reservedSums } = table;
  for (let k = 0; k <= metrics; k++) {
    const mean = (k < metrics ? (sums[k] as number) : reservedSums.sum) / online.length;
    variances[k] = Math.max(0, (k < metrics ? (squares[k] as number) : reservedSums.squares) / online.length - mean * mean);
    centres[k] = k < metrics ? (table.centres[k] as number) : reservedSums.centre;
  }
}

function largest(amounts: Float64Array, metrics: number, k: number): number {
  let most = 0;
  for (let at = k; at < amounts.length; at += metrics) most = Math.max(most, Math.abs(amounts[at] as number));
  return most;
}
