import type { ClusterState } from '../state/cluster-state.ts';
import type { Base } from './deviations.ts';
import type { ScoreTable } from './score-table.ts';

/** The sums of the score without one instance, and what it adds to them on its primary, its secondary and a target. */
export interface LooseSums extends Base {
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  /** Values of its primary and its secondary without it. */
  readonly own: readonly [Float64Array, Float64Array];
  /** What it adds as primary, as secondary: to the sums, then to the squares; by node. */
  readonly asPrimary: readonly [Float64Array, Float64Array, Float64Array];
  readonly asSecondary: readonly [Float64Array, Float64Array, Float64Array];
}

export function createLooseSums(metrics: number): LooseSums {
  const part = () => new Float64Array(2 * metrics);
  return {
    sums: new Float64Array(metrics),
    squares: new Float64Array(metrics),
    own: [new Float64Array(metrics), new Float64Array(metrics)],
    asPrimary: [part(), part(), part()],
    asSecondary: [part(), part(), part()],
    counts: 0,
    reservedSum: 0,
    reservedSquares: 0,
  };
}

/** Takes an instance out of the sums. @param reserved memory that its secondary node reserves without it */
export function takeOut(state: ClusterState, table: ScoreTable, loose: LooseSums, i: number, p: number, s: number, reserved: number): void {
  const { reservedSums, isOnline } = table;
  loose.sums.set(table.sums);
  loose.squares.set(table.squares);
  takeOutOf(state, table, loose, i, p, 0);
  takeOutOf(state, table, loose, i, s, 1);
  addParts(state, table, loose, i, p, 0, loose.own[0], 0);
  addParts(state, table, loose, i, s, 1, loose.own[1], 0);
  loose.reservedSum = reservedSums.sum;
  loose.reservedSquares = reservedSums.squares;
  if (s < 0 || isOnline[s] === 0) return;
  const old = table.reserved[s] as number;
  const d = (reserved - (state.nodes.reserved[s] as number)) / (state.nodes.totalMemory[s] as number);
  loose.reservedSum += d;
  loose.reservedSquares += d * (2 * old + d);
}

/** Of the node that it is on in one role: 0 primary, 1 secondary. */
function takeOutOf({ nodes }: ClusterState, table: ScoreTable, { sums, squares, own }: LooseSums, i: number, n: number, role: 0 | 1): void {
  if (n < 0 || table.isOnline[n] === 0) return;
  const { metrics, values, factors } = table;
  const amounts = (role === 0 ? table.primaryAmounts : table.secondaryAmounts)[nodes.exclusive[n] as 0 | 1];
  for (let k = 0; k < metrics; k++) {
    const y = values[n * metrics + k] as number;
    const d = (amounts[i * metrics + k] as number) * (factors[n * metrics + k] as number);
    own[role][k] = y - d;
    sums[k] = (sums[k] as number) - d;
    squares[k] = (squares[k] as number) + d * (d - 2 * y);
  }
}

/** What it adds on a node that is new to it. */
export function takeTarget(state: ClusterState, table: ScoreTable, loose: LooseSums, i: number, t: number): void {
  addParts(state, table, loose, i, t, 2, table.values, t * table.metrics);
}

/** Both parts of a node; its values lie in `values` from `at` on. */
function addParts(
  { nodes }: ClusterState,
  table: ScoreTable,
  { asPrimary, asSecondary }: LooseSums,
  i: number,
  n: number,
  place: 0 | 1 | 2,
  values: Float64Array,
  at: number,
): void {
  const primary = asPrimary[place];
  const secondary = asSecondary[place];
  if (n < 0 || table.isOnline[n] === 0) {
    primary.fill(0);
    secondary.fill(0);
    return;
  }
  const { metrics, factors } = table;
  const exclusive = nodes.exclusive[n] as 0 | 1;
  const primaryAmounts = table.primaryAmounts[exclusive];
  const secondaryAmounts = table.secondaryAmounts[exclusive];
  for (let k = 0; k < metrics; k++) {
    const y = 2 * (values[at + k] as number);
    const factor = factors[n * metrics + k] as number;
    const a = (primaryAmounts[i * metrics + k] as number) * factor;
    const b = (secondaryAmounts[i * metrics + k] as number) * factor;
    primary[k] = a;
    primary[metrics + k] = a * (y + a);
    secondary[k] = b;
    secondary[metrics + k] = b * (y + b);
  }
}
