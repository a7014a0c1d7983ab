import type { ClusterState } from '../state/cluster-state.ts';
import type { ScoreTable } from './score-table.ts';

/**
 * A lower bound of the score after a move that takes no square roots: most moves are passed over by it. The square root
 * is concave, so between the least and the largest change of a variance that any move of an instance can make, it is not
 * below its chord. With the slopes of the chords the deviations of all metrics become one sum of products over the nodes
 * that change.
 */
export interface ScoreBound {
  /** Least and largest centred value by metric, reserved memory last, and extremes of the factors. */
  readonly least: Float64Array;
  readonly largest: Float64Array;
  readonly leastFactor: Float64Array;
  readonly largestFactor: Float64Array;
  /** Least and largest change of each variance that any move looked at so far could make. */
  readonly leastChanges: Float64Array;
  readonly largestChanges: Float64Array;
  /** Largest part of a node's memory that one MiB is. */
  readonly memoryFactor: number;
  /** Metrics that an instance changes as secondary too. */
  readonly secondaryMetrics: Int32Array;
  /** Of the instance at hand: slope by sum of squares; the same times its amount, once and squared; by role. */
  readonly slopes: Float64Array;
  readonly primary: readonly [Float64Array, Float64Array];
  readonly secondary: readonly [Float64Array, Float64Array];
  /** Everything but what the new nodes add. `-Infinity`: no bound holds. */
  base: number;
  /** What the instance adds on its primary (P) and secondary node (S) in either role. */
  primaryAtP: number;
  primaryAtS: number;
  secondaryAtP: number;
  secondaryAtS: number;
  /** The least that reserved memory can add. */
  leastReserved: number;
}

/** The parts of the search that the bound reads: sums and values without the instance. */
export interface Detached {
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  readonly own: readonly [Float64Array, Float64Array];
  readonly base: { readonly reservedSum: number; readonly reservedSquares: number; readonly counts: number };
}

export function createScoreBound(state: ClusterState, table: ScoreTable): ScoreBound {
  const { metrics, factors, online, secondaryAmounts } = table;
  const column = () => new Float64Array(metrics + 1);
  const extreme = (pick: (a: number, b: number) => number, from: number) =>
    Float64Array.from({ length: metrics }, (_, k) => online.reduce((value, n) => pick(value, factors[n * metrics + k] as number), from));
  const isSecondary = (k: number) => secondaryAmounts.some((amounts) => amounts.some((amount, at) => at % metrics === k && amount !== 0));
  return {
    least: column(),
    largest: column(),
    leastChanges: column(),
    largestChanges: column(),
    leastFactor: extreme(Math.min, Number.POSITIVE_INFINITY),
    largestFactor: extreme(Math.max, 0),
    memoryFactor: online.reduce((most, n) => Math.max(most, 1 / (state.nodes.totalMemory[n] as number)), 0),
    secondaryMetrics: Int32Array.from({ length: metrics }, (_, k) => k).filter(isSecondary),
    slopes: column(),
    primary: [column(), column()],
    secondary: [column(), column()],
    base: Number.NEGATIVE_INFINITY,
    primaryAtP: 0,
    primaryAtS: 0,
    secondaryAtP: 0,
    secondaryAtS: 0,
    leastReserved: 0,
  };
}

/** Takes the extremes of the state as it is. */
export function beginStep({ metrics, online, values, reserved }: ScoreTable, { least, largest }: ScoreBound): void {
  least.fill(Number.POSITIVE_INFINITY);
  largest.fill(Number.NEGATIVE_INFINITY);
  for (let r = 0; r < online.length; r++) {
    const n = online[r] as number;
    for (let k = 0; k <= metrics; k++) {
      const value = (k < metrics ? values[n * metrics + k] : reserved[n]) as number;
      if (value < (least[k] as number)) least[k] = value;
      if (value > (largest[k] as number)) largest[k] = value;
    }
  }
}

/** Takes the slopes for an instance, which is detached, and what its own nodes add. */
export function boundInstance(
  state: ClusterState,
  table: ScoreTable,
  bound: ScoreBound,
  detached: Detached,
  i: number,
  p: number,
  s: number,
): void {
  const { metrics, weights } = table;
  const online = table.online.length;
  bound.base = table.constant + detached.base.counts;
  bound.primaryAtP = bound.primaryAtS = bound.secondaryAtP = bound.secondaryAtS = 0;
  for (let k = 0; k < metrics; k++) {
    const asPrimary = amountOf(table.primaryAmounts, i * metrics + k);
    const asSecondary = amountOf(table.secondaryAmounts, i * metrics + k);
    const ownP = ownChange(table, state, table.primaryAmounts, i, p, k, detached.own[0]);
    const ownS = ownChange(table, state, table.primaryAmounts, i, s, k, detached.own[1]);
    const secondP = ownChange(table, state, table.secondaryAmounts, i, p, k, detached.own[0]);
    const secondS = ownChange(table, state, table.secondaryAmounts, i, s, k, detached.own[1]);
    const low = leastChange(bound, k, asPrimary);
    const high = largestChange(bound, k, asPrimary);
    const lowSecond = leastChange(bound, k, asSecondary);
    const highSecond = largestChange(bound, k, asSecondary);
    const mean = (detached.sums[k] as number) / online;
    const shift = Math.abs(mean) + ((Math.abs(asPrimary) + Math.abs(asSecondary)) * (bound.largestFactor[k] as number)) / online;
    const spread =
      (bound.largestFactor[k] as number) === (bound.leastFactor[k] as number) ? evenShift(table, i, k, mean, online) : shift * shift;
    const without = (detached.squares[k] as number) / online;
    const from = Math.max(0, without + (Math.min(ownP, ownS, low) + Math.min(secondP, secondS, lowSecond)) / online - spread);
    const to = Math.max(from, without + (Math.max(ownP, ownS, high) + Math.max(secondP, secondS, highSecond)) / online);
    const slope = chord(from, to);
    const weight = weights[k] as number;
    widen(bound, k, (table.squares[k] as number) / online, from, to);
    bound.base += weight * (Math.sqrt(from) + slope * (without - spread - from));
    bound.slopes[k] = (weight * slope) / online;
    bound.primaryAtP += (bound.slopes[k] as number) * ownP;
    bound.primaryAtS += (bound.slopes[k] as number) * ownS;
    bound.secondaryAtP += (bound.slopes[k] as number) * secondP;
    bound.secondaryAtS += (bound.slopes[k] as number) * secondS;
    setSlopes(bound.primary, bound.slopes, k, asPrimary);
    setSlopes(bound.secondary, bound.slopes, k, asSecondary);
  }
  boundReserved(state, table, bound, detached, i);
}

/** Where all nodes have one factor, the mean comes back to where it was whatever the target. */
function evenShift(table: ScoreTable, i: number, k: number, mean: number, online: number): number {
  const factor = table.factors[(table.online[0] as number) * table.metrics + k] as number;
  const amounts =
    (amountOf(table.primaryAmounts, i * table.metrics + k) + amountOf(table.secondaryAmounts, i * table.metrics + k)) * factor;
  const primaryOnly = mean + (amountOf(table.primaryAmounts, i * table.metrics + k) * factor) / online;
  const both = mean + amounts / online;
  return Math.max(primaryOnly * primaryOnly, both * both);
}

function setSlopes([linear, quadratic]: readonly [Float64Array, Float64Array], slopes: Float64Array, k: number, amount: number): void {
  linear[k] = 2 * (slopes[k] as number) * amount;
  quadratic[k] = (slopes[k] as number) * amount * amount;
}

function widen({ leastChanges, largestChanges }: ScoreBound, k: number, variance: number, from: number, to: number): void {
  if (from - variance < (leastChanges[k] as number)) leastChanges[k] = from - variance;
  if (to - variance > (largestChanges[k] as number)) largestChanges[k] = to - variance;
}

const chord = (from: number, to: number): number => (to > from ? (Math.sqrt(to) - Math.sqrt(from)) / (to - from) : 0);

/** The amount where storage is shared: with exclusive storage anywhere no bound is used. */
function amountOf([shared]: readonly [Float64Array, Float64Array], at: number): number {
  return shared[at] as number;
}

function ownChange(
  table: ScoreTable,
  { nodes }: ClusterState,
  amounts: readonly [Float64Array, Float64Array],
  i: number,
  n: number,
  k: number,
  own: Float64Array,
): number {
  if (n < 0 || table.isOnline[n] === 0) return 0;
  const amount = amounts[nodes.exclusive[n] as 0 | 1][i * table.metrics + k] as number;
  const d = amount * (table.factors[n * table.metrics + k] as number);
  return d * (2 * (own[k] as number) + d);
}

/** Least change of the sum of squares when the amount comes to any node: `d·(2y + d)` at the corners of what d and y can be. */
function leastChange({ least, largest, leastFactor, largestFactor }: ScoreBound, k: number, amount: number): number {
  if (amount === 0) return 0;
  const y = (amount > 0 ? least[k] : largest[k]) as number;
  const big = amount * (largestFactor[k] as number);
  const small = amount * (leastFactor[k] as number);
  const bottom = Math.min(Math.max(-y, Math.min(small, big)), Math.max(small, big));
  return bottom * (2 * y + bottom);
}

function largestChange({ least, largest, leastFactor, largestFactor }: ScoreBound, k: number, amount: number): number {
  if (amount === 0) return 0;
  const y = (amount > 0 ? largest[k] : least[k]) as number;
  const big = amount * (largestFactor[k] as number);
  const small = amount * (leastFactor[k] as number);
  return Math.max(big * (2 * y + big), small * (2 * y + small));
}

/** Reserved memory: of at most one node it grows, by at most the memory of the instance. */
function boundReserved({ instances }: ClusterState, table: ScoreTable, bound: ScoreBound, { base }: Detached, i: number): void {
  const online = table.online.length;
  const k = table.metrics;
  const most = instances.reserves[i] === 1 ? (instances.memory[i] as number) * bound.memoryFactor : 0;
  const y = bound.least[k] as number;
  const bottom = Math.min(Math.max(0, -y), most);
  const top = Math.max(0, most * (2 * (bound.largest[k] as number) + most));
  const shift = (Math.abs(base.reservedSum) + most) / online;
  const without = base.reservedSquares / online;
  const from = Math.max(0, without + (bottom * (2 * y + bottom)) / online - shift * shift);
  const to = Math.max(from, without + top / online);
  const slope = chord(from, to);
  widen(bound, k, table.reservedSums.squares / online, from, to);
  bound.slopes[k] = slope / online;
  bound.leastReserved = (slope / online) * bottom * (2 * y + bottom);
  bound.base += Math.sqrt(from) + slope * (without - shift * shift - from) + 0.25 * (base.reservedSum + table.reservedSums.centre * online);
}

/** What the instance adds as primary on a node that is new to it. */
export function primaryOnTarget({ primary: [linear, quadratic] }: ScoreBound, { metrics, values, factors }: ScoreTable, t: number): number {
  const at = t * metrics;
  let total = 0;
  for (let k = 0; k < metrics; k++) {
    const factor = factors[at + k] as number;
    total += factor * ((linear[k] as number) * (values[at + k] as number) + (quadratic[k] as number) * factor);
  }
  return total;
}

/** The same as secondary, reserved memory apart. */
export function secondaryOnTarget(bound: ScoreBound, { metrics, values, factors }: ScoreTable, t: number): number {
  const { secondary, secondaryMetrics } = bound;
  const [linear, quadratic] = secondary;
  const at = t * metrics;
  let total = 0;
  for (let m = 0; m < secondaryMetrics.length; m++) {
    const k = secondaryMetrics[m] as number;
    const factor = factors[at + k] as number;
    total += factor * ((linear[k] as number) * (values[at + k] as number) + (quadratic[k] as number) * factor);
  }
  return total;
}

/** What reserved memory adds when the instance has node `b` as secondary and `a` as primary. */
export function reservedOnSecondary(bound: ScoreBound, state: ClusterState, table: ScoreTable, i: number, b: number, a: number): number {
  const { nodes, instances, peers, nodeCount } = state;
  if (instances.reserves[i] === 0 || table.isOnline[b] === 0) return 0;
  const need = (peers[b * nodeCount + a] as number) + (instances.memory[i] as number);
  const reserved = nodes.reserved[b] as number;
  if (need <= reserved) return 0;
  const memory = nodes.totalMemory[b] as number;
  const d = (need - reserved) / memory;
  const y = reserved / memory - table.reservedSums.centre;
  return 0.25 * d + (bound.slopes[table.metrics] as number) * d * (2 * y + d);
}
