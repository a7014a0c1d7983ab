import type { ClusterState } from '../state/cluster-state.ts';
import type { ScoreTable } from './score-table.ts';

/**
 * A lower bound of the score after a move, without square roots: most moves are passed over by it. For a variance v that
 * changes by δ = x·v, sqrt(v + δ) >= sqrt(v)·(1 + x/2 - x²/2) for all x >= -1, so that with the slope w / (2·sqrt(v)) the
 * deviations of all metrics become one sum of products over the nodes that change, less a slack that bounds the x² term
 * for all moves of an instance.
 */
export interface ScoreBound {
  readonly metrics: number;
  /** Slope of each metric by its sum of squares; of reserved memory last. */
  readonly slopes: Float64Array;
  readonly deviations: Float64Array;
  /** By node and metric: what one unit of an amount, and of its square, adds. */
  readonly linear: Float64Array;
  readonly quadratic: Float64Array;
  /** Largest distance from the mean, largest factor, and spread of the factors, by metric. */
  readonly farthest: Float64Array;
  readonly largestFactor: Float64Array;
  readonly factorSpread: Float64Array;
  amounts: Amounts;
  secondaryMetrics: Int32Array;
  nodes: number;
  /** Of the instance at hand: everything but what its new nodes add. `-Infinity`: no bound holds. */
  base: number;
  primaryAtP: number;
  primaryAtS: number;
  secondaryAtP: number;
  secondaryAtS: number;
}

interface Amounts {
  readonly primary: readonly [Float64Array, Float64Array];
  readonly secondary: readonly [Float64Array, Float64Array];
}

/** The parts of the search's scratch that the bound reads. */
interface Detached {
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  readonly own: readonly [Float64Array, Float64Array];
  readonly base: { readonly reservedSum: number; readonly reservedSquares: number; readonly counts: number };
}

export function createScoreBound(table: ScoreTable): ScoreBound {
  const { metrics, factors, online, secondaryAmounts } = table;
  const column = () => new Float64Array(metrics);
  const largestFactor = column();
  const factorSpread = column();
  for (let k = 0; k < metrics; k++) {
    const all = Float64Array.from(online, (n) => factors[n * metrics + k] as number);
    largestFactor[k] = all.reduce((most, factor) => Math.max(most, factor), 0);
    factorSpread[k] = (largestFactor[k] as number) - all.reduce((least, factor) => Math.min(least, factor), Number.POSITIVE_INFINITY);
  }
  const isSecondary = (k: number) => secondaryAmounts.some((amounts) => amounts.some((amount, at) => at % metrics === k && amount !== 0));
  return {
    metrics,
    slopes: new Float64Array(metrics + 1),
    deviations: new Float64Array(metrics + 1),
    linear: new Float64Array(factors.length),
    quadratic: new Float64Array(factors.length),
    farthest: new Float64Array(metrics + 1),
    largestFactor,
    factorSpread,
    amounts: { primary: table.primaryAmounts, secondary: secondaryAmounts },
    secondaryMetrics: Int32Array.from({ length: metrics }, (_, k) => k).filter(isSecondary),
    nodes: online.length,
    base: Number.NEGATIVE_INFINITY,
    primaryAtP: 0,
    primaryAtS: 0,
    secondaryAtP: 0,
    secondaryAtS: 0,
  };
}

/** Variances below this are taken as 0: their deviation cannot fall, and its slope would be endless. */
const leastVariance = 1e-14;

/** Takes the slopes from the state as it is. */
export function beginStep(state: ClusterState, table: ScoreTable, bound: ScoreBound): void {
  const { metrics, sums, squares, weights, online, values, factors, reserved, reservedSums } = table;
  const { slopes, deviations, linear, quadratic, farthest } = bound;
  for (let k = 0; k <= metrics; k++) {
    const mean = (k < metrics ? (sums[k] as number) : reservedSums.sum) / online.length;
    const variance = (k < metrics ? (squares[k] as number) : reservedSums.squares) / online.length - mean * mean;
    const flat = variance < leastVariance;
    deviations[k] = flat ? 0 : Math.sqrt(variance);
    slopes[k] = flat ? 0 : (k < metrics ? (weights[k] as number) : 1) / (2 * Math.sqrt(variance) * online.length);
    farthest[k] = 0;
  }
  for (let r = 0; r < online.length; r++) {
    const n = online[r] as number;
    for (let k = 0; k < metrics; k++) {
      const at = n * metrics + k;
      const factor = factors[at] as number;
      linear[at] = 2 * (slopes[k] as number) * (values[at] as number) * factor;
      quadratic[at] = (slopes[k] as number) * factor * factor;
      farthest[k] = Math.max(farthest[k] as number, Math.abs(values[at] as number));
    }
    farthest[metrics] = Math.max(farthest[metrics] as number, Math.abs(reserved[n] as number));
  }
  bound.nodes = state.scope.length;
}

/** Takes the parts that do not depend on the target. The instance is detached. */
export function boundInstance(
  state: ClusterState,
  table: ScoreTable,
  bound: ScoreBound,
  detached: Detached,
  i: number,
  p: number,
  s: number,
  holds: boolean,
): void {
  const { metrics, slopes, deviations } = bound;
  const { base } = detached;
  const online = table.online.length;
  let total = holds ? table.constant + base.counts : Number.NEGATIVE_INFINITY;
  const [atP, atS] = detached.own;
  bound.primaryAtP = ownPart(table, bound, state, i, p, atP, table.primaryAmounts);
  bound.primaryAtS = ownPart(table, bound, state, i, s, atS, table.primaryAmounts);
  bound.secondaryAtP = ownPart(table, bound, state, i, p, atP, table.secondaryAmounts);
  bound.secondaryAtS = ownPart(table, bound, state, i, s, atS, table.secondaryAmounts);
  for (let k = 0; k < metrics; k++) {
    const deviation = deviations[k] as number;
    if (deviation === 0) continue;
    const removed = (detached.squares[k] as number) - (table.squares[k] as number);
    const most = Math.max(amount(table, i * metrics + k, 0), amount(table, i * metrics + k, 1)) * (bound.largestFactor[k] as number);
    const shift = (4 * amountOf(table, i * metrics + k) * (bound.factorSpread[k] as number) + Math.abs(table.sums[k] as number)) / online;
    const change = (Math.abs(removed) + 2 * most * (2 * (bound.farthest[k] as number) + 3 * most)) / online + shift * shift;
    const x = change / (deviation * deviation);
    total += (table.weights[k] as number) * deviation * (1 - (x * x) / 2) + (slopes[k] as number) * (removed - shift * shift * online);
  }
  total += reservedBase(state, table, bound, detached, i, s);
  bound.base = total;
}

/** Reserved memory, with the instance gone and nothing added. */
function reservedBase(state: ClusterState, table: ScoreTable, bound: ScoreBound, { base }: Detached, i: number, s: number): number {
  const { metrics, slopes, deviations, farthest } = bound;
  const online = table.online.length;
  const sum = 0.25 * (base.reservedSum + table.reservedSums.centre * online);
  const deviation = deviations[metrics] as number;
  if (deviation === 0 || s < 0) return sum + (s < 0 ? deviation : 0);
  const most = (state.instances.memory[i] as number) * largestInverseMemory(state, table);
  const removed = base.reservedSquares - table.reservedSums.squares;
  const shift = (2 * most + Math.abs(table.reservedSums.sum)) / online;
  const change = (Math.abs(removed) + most * (2 * (farthest[metrics] as number) + 2 * most)) / online + shift * shift;
  const x = change / (deviation * deviation);
  return sum + deviation * (1 - (x * x) / 2) + (slopes[metrics] as number) * (removed - shift * shift * online);
}

function largestInverseMemory(state: ClusterState, table: ScoreTable): number {
  let least = Number.POSITIVE_INFINITY;
  for (let r = 0; r < table.online.length; r++) least = Math.min(least, state.nodes.totalMemory[table.online[r] as number] as number);
  return 1 / least;
}

/** Both roles together, in the larger of the two kinds of storage. */
function amountOf(table: ScoreTable, at: number): number {
  return amount(table, at, 0) + amount(table, at, 1);
}

function amount({ primaryAmounts, secondaryAmounts }: ScoreTable, at: number, role: 0 | 1): number {
  const [shared, exclusive] = role === 0 ? primaryAmounts : secondaryAmounts;
  return Math.max(Math.abs(shared[at] as number), Math.abs(exclusive[at] as number));
}

/** What the instance adds in a role on one of the nodes it was on. */
function ownPart(
  table: ScoreTable,
  bound: ScoreBound,
  state: ClusterState,
  i: number,
  n: number,
  own: Float64Array,
  amounts: readonly [Float64Array, Float64Array],
): number {
  if (n < 0 || table.isOnline[n] === 0) return 0;
  const { metrics, slopes } = bound;
  const column = amounts[state.nodes.exclusive[n] as 0 | 1];
  let total = 0;
  for (let k = 0; k < metrics; k++) {
    const d = (column[i * metrics + k] as number) * (table.factors[n * metrics + k] as number);
    total += (slopes[k] as number) * d * (2 * (own[k] as number) + d);
  }
  return total;
}

/** The parts of the bound for the nodes the instance was on: primary on the secondary, secondary on the primary, secondary where it was. */
export function inOwnPlace(bound: ScoreBound): readonly [number, number, number] {
  return [bound.primaryAtS, bound.secondaryAtP, bound.secondaryAtS];
}

/** What the instance adds in a role (0 primary, 1 secondary) on a node that is new to it. */
export function onTarget(bound: ScoreBound, state: ClusterState, i: number, t: number, role: 0 | 1): number {
  const { metrics, linear, quadratic, amounts, secondaryMetrics } = bound;
  const at = t * metrics;
  const from = i * metrics;
  let total = 0;
  if (role === 0) {
    const column = amounts.primary[state.nodes.exclusive[t] as 0 | 1];
    for (let k = 0; k < metrics; k++) {
      const a = column[from + k] as number;
      total += a * ((linear[at + k] as number) + a * (quadratic[at + k] as number));
    }
    return total;
  }
  const column = amounts.secondary[state.nodes.exclusive[t] as 0 | 1];
  for (let m = 0; m < secondaryMetrics.length; m++) {
    const k = secondaryMetrics[m] as number;
    const a = column[from + k] as number;
    total += a * ((linear[at + k] as number) + a * (quadratic[at + k] as number));
  }
  return total;
}

/** What is reserved more on node `b` for a secondary with primary node `a`. */
export function reserveBound(bound: ScoreBound, state: ClusterState, table: ScoreTable, i: number, b: number, a: number): number {
  const { nodes, instances, peers, nodeCount } = state;
  if (instances.reserves[i] === 0 || table.isOnline[b] === 0) return 0;
  const need = (peers[b * nodeCount + a] as number) + (instances.memory[i] as number);
  const reserved = nodes.reserved[b] as number;
  if (need <= reserved) return 0;
  const memory = nodes.totalMemory[b] as number;
  const d = (need - reserved) / memory;
  const y = reserved / memory - table.reservedSums.centre;
  return 0.25 * d + (bound.slopes[bound.metrics] as number) * d * (2 * y + d);
}
