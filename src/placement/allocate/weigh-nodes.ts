import { countsWithPrimary, countsWithSecondary, nodeCounts, scoreCounts } from '../balance/best-move.ts';
import { noNode } from '../cluster/cluster-data.ts';
import { admitPrimary, admitSecondary } from '../state/admit.ts';
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
  for (const p of primaries)
    contribute(search, p, table.primaryAmounts[state.nodes.exclusive[p] as 0 | 1], search.primaryParts[p] as Float64Array);
  for (const s of secondaries)
    contribute(search, s, table.secondaryAmounts[state.nodes.exclusive[s] as 0 | 1], search.secondaryParts[s] as Float64Array);
  bound(search, wanted, primaries, secondaries);
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

/** Sums first, then squares. */
function contribute({ allocation: { table } }: Search, n: number, amounts: Float64Array, out: Float64Array): void {
  const { metrics, factors, values, isOnline } = table;
  if (isOnline[n] === 0) {
    out.fill(0);
    return;
  }
  const at = n * metrics;
  for (let k = 0; k < metrics; k++) {
    const d = (amounts[k] as number) * (factors[at + k] as number);
    out[k] = d;
    out[metrics + k] = d * (2 * (values[at + k] as number) + d);
  }
}

interface Range {
  least: number;
  most: number;
}

/** Least and most of one column of the parts over the nodes that are not refused; 0 for none. */
function extremes(parts: readonly Float64Array[], nodes: Int32Array, refusals: Uint8Array, column: number, out: Range): Range {
  out.least = nodes.length > 0 ? Number.POSITIVE_INFINITY : 0;
  out.most = nodes.length > 0 ? Number.NEGATIVE_INFINITY : 0;
  for (let k = 0; k < nodes.length; k++) {
    const n = nodes[k] as number;
    if (refusals[n] !== 0) continue;
    const value = (parts[n] as Float64Array)[column] as number;
    if (value < out.least) out.least = value;
    if (value > out.most) out.most = value;
  }
  if (out.least > out.most) out.least = out.most = 0;
  return out;
}

function bound(search: Search, wanted: Wanted, primaries: Int32Array, secondaries: Int32Array): void {
  const { allocation, primaryBounds, secondaryBounds, primaryParts, secondaryParts, refusals, secondaryRefusals, base } = search;
  const { metrics, weights, sums, squares, online, constant } = allocation.table;
  const count = online.length;
  const range = () => ({ least: 0, most: 0 });
  const [p, s, dp, ds] = [range(), range(), range(), range()];
  for (const n of primaries) primaryBounds[n] = countsDelta(search, wanted, n);
  for (const n of secondaries) secondaryBounds[n] = 0;
  search.floor = constant + base.counts;
  for (let k = 0; k < metrics; k++) {
    extremes(primaryParts, primaries, refusals, metrics + k, p);
    extremes(secondaryParts, secondaries, secondaryRefusals, metrics + k, s);
    extremes(primaryParts, primaries, refusals, k, dp);
    extremes(secondaryParts, secondaries, secondaryRefusals, k, ds);
    const sum = sums[k] as number;
    const shift = Math.max(Math.abs(sum + dp.least + ds.least), Math.abs(sum + dp.most + ds.most)) / count;
    const without = (squares[k] as number) / count - shift * shift;
    const slope = chord(search, weights[k] as number, without, (p.least + s.least) / count, (p.most + s.most) / count) / count;
    if (slope === 0) continue;
    if (p.least !== 0 || p.most !== 0) addSlope(primaryBounds, primaryParts, primaries, metrics + k, slope);
    if (s.least !== 0 || s.most !== 0) addSlope(secondaryBounds, secondaryParts, secondaries, metrics + k, slope);
  }
  if (secondaries.length > 0) boundReserved(search, wanted, secondaries);
  else search.floor += Math.sqrt(Math.max(0, base.reservedSquares / count - (base.reservedSum / count) ** 2)) + reservedTotal(search);
}

/** Adds what does not depend on the nodes to the floor. @returns slope of the chord */
function chord(search: Search, weight: number, without: number, least: number, most: number): number {
  const from = Math.max(0, without + least);
  const to = Math.max(from, without + most);
  const slope = to > from ? (Math.sqrt(to) - Math.sqrt(from)) / (to - from) : 0;
  search.floor += weight * (Math.sqrt(from) + slope * (without - from));
  return weight * slope;
}

function addSlope(bounds: Float64Array, parts: readonly Float64Array[], nodes: Int32Array, column: number, slope: number): void {
  for (let k = 0; k < nodes.length; k++) {
    const n = nodes[k] as number;
    bounds[n] = (bounds[n] as number) + slope * ((parts[n] as Float64Array)[column] as number);
  }
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
