import type { ClusterState } from '../state/cluster-state.ts';
import { reservedWith, reservedWithout } from '../state/reserved.ts';
import { boundCounts } from './count-bound.ts';
import type { ScoreTable } from './score-table.ts';

/**
 * Lower bounds of the score after a move of an instance, from sums alone: they exclude most instances and moves without a change
 * of the state.
 *
 * The variance of a metric changes by what leaves the instance's nodes and comes to its new ones. The least that each variance
 * can become gives the `floor`, below which no move of the instance leads. As the square root is concave, between the least and
 * the largest variance that is possible it is not below its chord; with the slopes of the chords the deviations of all metrics
 * become one sum of products over the nodes that change, and a move is not below `base` plus what its nodes add.
 */
export interface ScoreBound {
  /** Of the step: least and largest centred value by metric, reserved memory last. */
  readonly least: Float64Array;
  readonly largest: Float64Array;
  /** Extremes of the factors, and the largest part of a node's memory that one MiB is. */
  readonly leastFactor: Float64Array;
  readonly largestFactor: Float64Array;
  readonly memoryFactor: number;
  /** Metrics that an instance changes as secondary too. */
  readonly secondaryMetrics: Int32Array;
  /** The counts of the score. */
  counts: number;
  /** Least and largest change of each variance that any move looked at so far could make. */
  readonly leastChanges: Float64Array;
  readonly largestChanges: Float64Array;
  /** Of the instance at hand, by metric: what its sum of squares becomes without it at least and at most, less the square of the mean. */
  readonly from: Float64Array;
  readonly to: Float64Array;
  readonly without: Float64Array;
  /** What it adds on its own nodes: as primary on its primary and secondary node, then as secondary. */
  readonly own: Float64Array;
  /** Slope by sum of squares; the same times its amount, once and squared; by role. */
  readonly slopes: Float64Array;
  readonly primary: readonly [Float64Array, Float64Array];
  readonly secondary: readonly [Float64Array, Float64Array];
  floor: number;
  base: number;
  /** Counts without it, and memory that its secondary node reserves without it. */
  countsWithout: number;
  reservedWithout: number;
  /** What it adds to the score as primary or secondary on its primary (0), its secondary (1) and the target (2); first of all to the counts. */
  readonly primaryAt: Float64Array;
  readonly secondaryAt: Float64Array;
  /** The least that reserved memory can add. */
  leastReserved: number;
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
    leastFactor: extreme(Math.min, Number.POSITIVE_INFINITY),
    largestFactor: extreme(Math.max, 0),
    memoryFactor: online.reduce((most, n) => Math.max(most, 1 / (state.nodes.totalMemory[n] as number)), 0),
    secondaryMetrics: Int32Array.from({ length: metrics }, (_, k) => k).filter(isSecondary),
    counts: 0,
    leastChanges: column(),
    largestChanges: column(),
    from: column(),
    to: column(),
    without: column(),
    own: new Float64Array(4 * metrics),
    slopes: column(),
    primary: [column(), column()],
    secondary: [column(), column()],
    floor: 0,
    base: 0,
    countsWithout: 0,
    reservedWithout: 0,
    primaryAt: new Float64Array(3),
    secondaryAt: new Float64Array(3),
    leastReserved: 0,
  };
}

/** Takes the extremes of the state as it is. @param counts `scoreCounts` */
export function beginStep(state: ClusterState, { metrics, online, values, reserved }: ScoreTable, bound: ScoreBound, counts: number): void {
  const { least, largest } = bound;
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
  bound.counts = counts;
}

/** Takes the floor of an instance, which stays where it is. `boundMoves` goes on from there. */
export function boundInstance(state: ClusterState, table: ScoreTable, bound: ScoreBound, i: number, p: number, s: number): void {
  bound.reservedWithout = s >= 0 ? reservedWithout(state, s, i, p) : 0;
  bound.countsWithout = bound.counts + boundCounts(state, bound, i, p, s, bound.reservedWithout);
  bound.floor = table.constant + bound.countsWithout;
  for (let k = 0; k < table.metrics; k++) boundVariance(table, bound, i, p, s, k);
  boundReserved(state, table, bound, i, s);
}

/** The least and the most that the variance of metric k can become by a move. */
function boundVariance(table: ScoreTable, bound: ScoreBound, i: number, p: number, s: number, k: number): void {
  const { metrics, isOnline, values, factors, sums, squares, weights } = table;
  const { own, least, largest } = bound;
  const count = table.online.length;
  const inverse = 1 / count;
  const a = table.primaryAmounts[0][i * metrics + k] as number;
  const b = s >= 0 ? (table.secondaryAmounts[0][i * metrics + k] as number) : 0;
  const atP = isOnline[p] === 1 ? (factors[p * metrics + k] as number) : 0;
  const atS = s >= 0 && isOnline[s] === 1 ? (factors[s * metrics + k] as number) : 0;
  // What the instance adds as primary on P and as secondary on S; the nodes' values without it.
  const dp = a * atP;
  const ds = b * atS;
  const yp = (values[p * metrics + k] as number) - dp;
  const ys = s >= 0 ? (values[s * metrics + k] as number) - ds : 0;
  const primaryAtP = dp * (2 * yp + dp);
  const secondaryAtS = ds * (2 * ys + ds);
  const primaryAtS = a * atS * (2 * ys + a * atS);
  const secondaryAtP = b * atP * (2 * yp + b * atP);
  own[4 * k] = primaryAtP;
  own[4 * k + 1] = primaryAtS;
  own[4 * k + 2] = secondaryAtP;
  own[4 * k + 3] = secondaryAtS;
  const low = bound.leastFactor[k] as number;
  const high = bound.largestFactor[k] as number;
  let fall = Math.min(primaryAtP, primaryAtS);
  let rise = Math.max(primaryAtP, primaryAtS);
  if (a !== 0) {
    fall = Math.min(fall, leastChange(a > 0 ? (least[k] as number) : (largest[k] as number), a * low, a * high));
    rise = Math.max(rise, largestChange(a > 0 ? (largest[k] as number) : (least[k] as number), a * low, a * high));
  }
  if (b !== 0) {
    fall += Math.min(secondaryAtP, secondaryAtS, leastChange(b > 0 ? (least[k] as number) : (largest[k] as number), b * low, b * high));
    rise += Math.max(secondaryAtP, secondaryAtS, largestChange(b > 0 ? (largest[k] as number) : (least[k] as number), b * low, b * high));
  }
  // Where the mean can come to lie; a node that is offline adds nothing to it.
  const part = atP === 0 || (s >= 0 && atS === 0) ? 0 : low;
  const start = (sums[k] as number) - dp - ds;
  const left = (start + Math.min(a * part, a * high) + Math.min(b * part, b * high)) * inverse;
  const right = (start + Math.max(a * part, a * high) + Math.max(b * part, b * high)) * inverse;
  const shift = Math.max(left * left, right * right);
  const without = ((squares[k] as number) - primaryAtP - secondaryAtS) * inverse - shift;
  const from = Math.max(0, without + fall * inverse);
  const to = Math.max(from, without + rise * inverse);
  bound.without[k] = without;
  bound.from[k] = from;
  bound.to[k] = to;
  widen(bound, k, (squares[k] as number) * inverse, from, to + shift);
  bound.floor += (weights[k] as number) * Math.sqrt(from);
}

/** Reserved memory: on at most one node it grows, by at most the memory of the instance. */
function boundReserved({ instances, nodes }: ClusterState, table: ScoreTable, bound: ScoreBound, i: number, s: number): void {
  const { reservedSums, isOnline, online, metrics: k } = table;
  const count = online.length;
  let { sum, squares } = reservedSums;
  let y = bound.least[k] as number;
  if (s >= 0 && isOnline[s] === 1) {
    const old = table.reserved[s] as number;
    const d = (bound.reservedWithout - (nodes.reserved[s] as number)) / (nodes.totalMemory[s] as number);
    sum += d;
    squares += d * (2 * old + d);
    if (old + d < y) y = old + d;
  }
  const most = s >= 0 && instances.reserves[i] === 1 ? (instances.memory[i] as number) * bound.memoryFactor : 0;
  const bottom = Math.min(Math.max(0, -y), most);
  const top = Math.max(0, most * (2 * (bound.largest[k] as number) + most));
  const shift = Math.max(Math.abs(sum), Math.abs(sum + most)) / count;
  const without = squares / count - shift * shift;
  const from = Math.max(0, without + (bottom * (2 * y + bottom)) / count);
  const to = Math.max(from, without + top / count);
  bound.without[k] = without;
  bound.from[k] = from;
  bound.to[k] = to;
  bound.leastReserved = bottom * (2 * y + bottom);
  widen(bound, k, reservedSums.squares / count, from, to + shift * shift);
  bound.floor += Math.sqrt(from) + 0.25 * (sum + reservedSums.centre * count);
}

/** Takes the slopes of the chords for the instance that was bounded last. */
export function boundMoves(table: ScoreTable, bound: ScoreBound, i: number): void {
  const { metrics, weights, primaryAmounts, secondaryAmounts } = table;
  const { from, to, without, own, slopes, primaryAt, secondaryAt } = bound;
  const inverse = 1 / table.online.length;
  bound.base = bound.floor;
  for (let k = 0; k <= metrics; k++) {
    const weight = k < metrics ? (weights[k] as number) : 1;
    const slope = weight * chord(from[k] as number, to[k] as number);
    bound.base += slope * ((without[k] as number) - (from[k] as number));
    slopes[k] = slope * inverse;
  }
  bound.leastReserved *= slopes[metrics] as number;
  for (let k = 0; k < metrics; k++) {
    const slope = slopes[k] as number;
    primaryAt[0] = (primaryAt[0] as number) + slope * (own[4 * k] as number);
    primaryAt[1] = (primaryAt[1] as number) + slope * (own[4 * k + 1] as number);
    secondaryAt[0] = (secondaryAt[0] as number) + slope * (own[4 * k + 2] as number);
    secondaryAt[1] = (secondaryAt[1] as number) + slope * (own[4 * k + 3] as number);
    setSlopes(bound.primary, slope, k, primaryAmounts[0][i * metrics + k] as number);
    setSlopes(bound.secondary, slope, k, secondaryAmounts[0][i * metrics + k] as number);
  }
}

function setSlopes([linear, quadratic]: readonly [Float64Array, Float64Array], slope: number, k: number, amount: number): void {
  linear[k] = 2 * slope * amount;
  quadratic[k] = slope * amount * amount;
}

function widen({ leastChanges, largestChanges }: ScoreBound, k: number, variance: number, from: number, to: number): void {
  if (from - variance < (leastChanges[k] as number)) leastChanges[k] = from - variance;
  if (to - variance > (largestChanges[k] as number)) largestChanges[k] = to - variance;
}

const chord = (from: number, to: number): number => (to > from ? (Math.sqrt(to) - Math.sqrt(from)) / (to - from) : 0);

/** Least of `d·(2y + d)` for d between two values; y is the least value a node has, or with d below 0 the largest. */
function leastChange(y: number, small: number, big: number): number {
  const bottom = Math.min(Math.max(-y, Math.min(small, big)), Math.max(small, big));
  return bottom * (2 * y + bottom);
}

const largestChange = (y: number, small: number, big: number): number => Math.max(big * (2 * y + big), small * (2 * y + small));

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

/** What reserved memory adds when the instance has node `b`, which is new to it or its primary so far, as secondary and `a` as primary. */
export function reservedOnSecondary(
  { slopes, reservedWithout: atSecondary }: ScoreBound,
  state: ClusterState,
  table: ScoreTable,
  i: number,
  b: number,
  a: number,
  isSecondary: boolean,
): number {
  if (table.isOnline[b] === 0) return 0;
  const memory = state.nodes.totalMemory[b] as number;
  const before = isSecondary ? atSecondary : (state.nodes.reserved[b] as number);
  const d = (reservedWith(state, b, i, a, before) - before) / memory;
  const y = before / memory - table.reservedSums.centre;
  return 0.25 * d + (slopes[table.metrics] as number) * d * (2 * y + d);
}
