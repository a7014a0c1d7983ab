import { noNode } from '../cluster/cluster-data.ts';
import { admitPrimary, admitSecondary } from '../state/admit.ts';
import { countsWithPrimary, countsWithSecondary, nodeCounts, scoreCounts } from '../state/counts.ts';
import { setInstance } from './allocation-table.ts';
import { matchPolicy } from './match-policy.ts';
import type { Search, Wanted } from './search.ts';

/**
 * Looks at each node by itself: whether it takes the instance in either role, what that does to the sums and squares of
 * the metrics, and what it does at least to the score. With the square roots replaced by their chords between the least and
 * the largest change that is possible, the bound of a pair is the sum of the bounds of its nodes.
 */
export function weighNodes(search: Search, wanted: Wanted, primaries: Int32Array, secondaries: Int32Array): void {
  const { state, allocation, base } = search;
  const { table } = allocation;
  setInstance(allocation, wanted.instance);
  judge(search, wanted, primaries, secondaries);
  base.reservedSum = table.reservedSums.sum;
  base.reservedSquares = table.reservedSums.squares;
  base.counts = scoreCounts(state);
  const { refusals, secondaryRefusals, primaryParts, secondaryParts } = search;
  const asPrimary = contribute(search, primaries, refusals, table.primaryAmounts, primaryParts);
  const asSecondary = contribute(search, secondaries, secondaryRefusals, table.secondaryAmounts, secondaryParts);
  bound(search, wanted, primaries, secondaries, asPrimary, asSecondary);
}

function judge(
  { state, force, refusals, secondaryRefusals }: Search,
  { row, instance }: Wanted,
  primaries: Int32Array,
  secondaries: Int32Array,
): void {
  const { nodes, data } = state;
  const policies = data.groups.map(({ ipolicy }) => [matchPolicy(instance, ipolicy, false), matchPolicy(instance, ipolicy, true)] as const);
  for (const p of primaries) {
    refusals[p] = policies[nodes.group[p] as number]?.[nodes.exclusive[p] as 0 | 1] || admitPrimary(state, p, row, force);
  }
  for (const s of secondaries) secondaryRefusals[s] = admitSecondary(state, s, row, s, false, false);
}

/** Least and most of what the instance adds over the nodes that are not refused, by metric. */
interface Extremes {
  readonly leastSquare: Float64Array;
  readonly mostSquare: Float64Array;
  readonly leastSum: Float64Array;
  readonly mostSum: Float64Array;
}

/** Writes what the instance adds in one role on each node: sums first, then squares. */
function contribute(
  { state, allocation: { table } }: Search,
  nodes: Int32Array,
  refusals: Uint8Array,
  amounts: readonly [Float64Array, Float64Array],
  parts: Float64Array,
): Extremes {
  const { metrics, factors, values, isOnline } = table;
  const { exclusive } = state.nodes;
  const column = (from: number) => new Float64Array(metrics).fill(nodes.length > 0 ? from : 0);
  const leastSquare = column(Number.POSITIVE_INFINITY);
  const mostSquare = column(Number.NEGATIVE_INFINITY);
  const leastSum = column(Number.POSITIVE_INFINITY);
  const mostSum = column(Number.NEGATIVE_INFINITY);
  // A metric that the instance does not change in this role is passed over; its parts may be those of another instance.
  const active = Int32Array.from({ length: metrics }, (_, k) => k).filter((k) => amounts.some((each) => each[k] !== 0));
  for (let r = 0; r < nodes.length; r++) {
    const n = nodes[r] as number;
    if (refusals[n] !== 0) continue;
    parts.fill(0, 2 * n * metrics, 2 * (n + 1) * metrics);
    const own = amounts[exclusive[n] as 0 | 1];
    const at = n * metrics;
    const counts = isOnline[n] as number;
    for (let a = 0; a < active.length; a++) {
      const k = active[a] as number;
      const d = (own[k] as number) * (factors[at + k] as number) * counts;
      const square = d * (2 * (values[at + k] as number) + d);
      parts[2 * at + k] = d;
      parts[2 * at + metrics + k] = square;
      if (square < (leastSquare[k] as number)) leastSquare[k] = square;
      if (square > (mostSquare[k] as number)) mostSquare[k] = square;
      if (d < (leastSum[k] as number)) leastSum[k] = d;
      if (d > (mostSum[k] as number)) mostSum[k] = d;
    }
  }
  for (const each of [leastSquare, mostSquare, leastSum, mostSum])
    each.forEach((value, k) => void (each[k] = Number.isFinite(value) ? value : 0));
  return { leastSquare, mostSquare, leastSum, mostSum };
}

function bound(search: Search, wanted: Wanted, primaries: Int32Array, secondaries: Int32Array, p: Extremes, s: Extremes): void {
  const { allocation, primaryBounds, secondaryBounds, primaryParts, secondaryParts, refusals, secondaryRefusals, base } = search;
  const { metrics, weights, sums, squares, online, constant } = allocation.table;
  const count = online.length;
  const slopes = new Float64Array(metrics);
  search.floor = constant + base.counts;
  for (let k = 0; k < metrics; k++) {
    const sum = sums[k] as number;
    const least = (p.leastSum[k] as number) + (s.leastSum[k] as number);
    const most = (p.mostSum[k] as number) + (s.mostSum[k] as number);
    const shift = Math.max(Math.abs(sum + least), Math.abs(sum + most)) / count;
    const without = (squares[k] as number) / count - shift * shift;
    const leastSquare = (p.leastSquare[k] as number) + (s.leastSquare[k] as number);
    const mostSquare = (p.mostSquare[k] as number) + (s.mostSquare[k] as number);
    slopes[k] = chord(search, weights[k] as number, without, leastSquare / count, mostSquare / count) / count;
  }
  weighParts(primaries, refusals, primaryParts, slopes, primaryBounds);
  weighParts(secondaries, secondaryRefusals, secondaryParts, slopes, secondaryBounds);
  for (const n of primaries) if (refusals[n] === 0) primaryBounds[n] = (primaryBounds[n] as number) + countsDelta(search, wanted, n);
  if (secondaries.length > 0) boundReserved(search, wanted, secondaries);
  else search.floor += Math.sqrt(Math.max(0, base.reservedSquares / count - (base.reservedSum / count) ** 2)) + reservedTotal(search);
}

function weighParts(nodes: Int32Array, refusals: Uint8Array, parts: Float64Array, slopes: Float64Array, bounds: Float64Array): void {
  const metrics = slopes.length;
  for (let r = 0; r < nodes.length; r++) {
    const n = nodes[r] as number;
    if (refusals[n] !== 0) continue;
    const at = 2 * n * metrics + metrics;
    let total = 0;
    for (let k = 0; k < metrics; k++) total += (slopes[k] as number) * (parts[at + k] as number);
    bounds[n] = total;
  }
}

/** Adds what does not depend on the nodes to the floor. @returns slope of the chord */
function chord(search: Search, weight: number, without: number, least: number, most: number): number {
  const from = Math.max(0, without + least);
  const to = Math.max(from, without + most);
  const slope = to > from ? (Math.sqrt(to) - Math.sqrt(from)) / (to - from) : 0;
  search.floor += weight * (Math.sqrt(from) + slope * (without - from));
  return weight * slope;
}

function countsDelta({ state }: Search, { row }: Wanted, n: number): number {
  if (state.instances.forthcoming[row] === 1) return 0;
  return countsWithPrimary(state, row, n, noNode) - nodeCounts(state, n);
}

const reservedTotal = ({ base, allocation: { table } }: Search): number =>
  0.25 * (base.reservedSum + table.reservedSums.centre * table.online.length);

/** Reserved memory of the secondary: it grows by what is missing up to the instance's memory, or by more, if the primary has instances there. */
function boundReserved(search: Search, { row }: Wanted, secondaries: Int32Array): void {
  const { state, allocation, secondaryBounds, secondaryRefusals, base } = search;
  const { nodes, instances } = state;
  const { table } = allocation;
  const count = table.online.length;
  const grows = instances.reserves[row] === 1 && instances.forthcoming[row] === 0;
  const memory = grows ? (instances.memory[row] as number) : 0;
  let least = 0;
  let most = 0;
  let largest = 0;
  for (const s of secondaries) {
    if (secondaryRefusals[s] !== 0 || table.isOnline[s] === 0) continue;
    const y = table.reserved[s] as number;
    const total = nodes.totalMemory[s] as number;
    const d1 = memory / total;
    const d0 = Math.max(0, memory - (nodes.reserved[s] as number)) / total;
    const bottom = Math.min(Math.max(-y, d0), d1);
    least = Math.min(least, bottom * (2 * y + bottom));
    most = Math.max(most, d0 * (2 * y + d0), d1 * (2 * y + d1));
    largest = Math.max(largest, d1);
  }
  const shift = (Math.abs(base.reservedSum) + largest) / count;
  const slope = chord(search, 1, base.reservedSquares / count - shift * shift, least / count, most / count) / count;
  search.floor += reservedTotal(search);
  for (const s of secondaries) {
    if (secondaryRefusals[s] !== 0) continue;
    const y = table.reserved[s] as number;
    const total = nodes.totalMemory[s] as number;
    const d0 = Math.max(0, memory - (nodes.reserved[s] as number)) / total;
    if (table.isOnline[s] === 1) {
      const vertex = slope > 0 ? -y - 0.125 / slope : d0;
      const d = Math.min(Math.max(vertex, d0), memory / total);
      secondaryBounds[s] = (secondaryBounds[s] as number) + 0.25 * d + slope * d * (2 * y + d);
    }
    if (instances.forthcoming[row] === 0) {
      const reserved = (nodes.reserved[s] as number) + d0 * total;
      secondaryBounds[s] = (secondaryBounds[s] as number) + countsWithSecondary(state, s, reserved) - nodeCounts(state, s);
    }
  }
}
