import { noNode } from '../cluster/cluster-data.ts';
import { countsWithPrimary, countsWithSecondary, nodeCounts } from '../state/counts.ts';
import type { Search, Wanted } from './search.ts';
import { known, type RoleWeights, type Weighing } from './weighing.ts';

/** After this number of changes new slopes are chosen. The bounds are valid with any slopes, and tight with current ones. */
const mostAge = 32;

/**
 * Computes what the instance adds on each node that accepts it, and a lower bound of the change of the score. The square root of
 * a variance is bounded by a straight line: the bound of a pair then is the sum of the bounds of its nodes. The nodes were
 * weighed already, for this instance.
 */
export function boundPlaces(search: Search, wanted: Wanted, primaries: Int32Array, secondaries: Int32Array): void {
  const { weighing, base, allocation, state } = search;
  const { reservedSums } = allocation.table;
  const { primary, secondary } = weighing;
  base.reservedSum = reservedSums.sum;
  base.reservedSquares = reservedSums.squares;
  base.counts = search.counts.total + (state.tags.domainConflicts[0] as number);
  const pairs = secondaries.length > 0;
  const more =
    contribute(search, wanted, primary, primaries, boundPrimary) + contribute(search, wanted, secondary, secondaries, boundSecondary);
  if (weighing.age >= mostAge) {
    chooseSlopes(search, pairs);
    bound(search, wanted, primary, boundPrimary);
    bound(search, wanted, secondary, boundSecondary);
    weighing.age = 0;
  } else if (more === 0 && weighing.floorFor === search.changes && weighing.floorOfPairs === pairs) return;
  weighing.floor = floorOf(search, pairs);
  weighing.floorFor = search.changes;
  weighing.floorOfPairs = pairs;
}

type Bound = (search: Search, wanted: Wanted, n: number) => number;

/** @returns how many nodes were not known yet */
function contribute(search: Search, wanted: Wanted, role: RoleWeights, nodes: Int32Array, boundOf: Bound): number {
  const { metrics } = search.allocation.table;
  const { state } = search;
  if (role.parts.length === 0 && nodes.length > 0) {
    role.parts = new Float64Array(2 * state.nodeCount * metrics);
    role.bounds = new Float64Array(state.nodeCount);
  }
  let more = 0;
  for (let r = 0; r < nodes.length; r++) {
    const n = nodes[r] as number;
    if (role.known[n] === known.parts || role.refusals[n] !== 0) continue;
    role.known[n] = known.parts;
    contributeNode(search, role, n);
    if (role === search.weighing.secondary) widenReserved(search, wanted, n);
    role.bounds[n] = boundOf(search, wanted, n);
    more++;
  }
  return more;
}

function contributeNode({ state, allocation: { table } }: Search, { amounts, active, parts, extremes }: RoleWeights, n: number): void {
  const { metrics, factors, values, isOnline } = table;
  const { leastSum, mostSum, leastSquare, mostSquare } = extremes;
  const own = amounts[state.nodes.exclusive[n] as 0 | 1];
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

/** Reserved memory of a secondary grows by what is missing up to the instance's memory, or by more, if the primary has instances there. */
function widenReserved({ state, weighing, allocation: { table } }: Search, { row }: Wanted, s: number): void {
  if (table.isOnline[s] === 0) return;
  const { mostSum, leastSquare, mostSquare } = weighing.secondary.extremes;
  const k = table.metrics;
  const y = table.reserved[s] as number;
  const total = state.nodes.totalMemory[s] as number;
  const memory = reserves(state, row);
  const d1 = memory / total;
  const d0 = Math.max(0, memory - (state.nodes.reserved[s] as number)) / total;
  const bottom = Math.min(Math.max(-y, d0), d1);
  // A node whose reserve stays as it is must be within the range too.
  leastSquare[k] = Math.min(leastSquare[k] as number, 0, bottom * (2 * y + bottom));
  mostSquare[k] = Math.max(mostSquare[k] as number, 0, d0 * (2 * y + d0), d1 * (2 * y + d1));
  mostSum[k] = Math.max(mostSum[k] as number, 0, d1);
}

const reserves = ({ instances }: Search['state'], row: number): number =>
  instances.reserves[row] === 1 && instances.forthcoming[row] === 0 ? (instances.memory[row] as number) : 0;

function bound(search: Search, wanted: Wanted, role: RoleWeights, boundOf: Bound): void {
  for (let n = 0; n < role.bounds.length; n++) {
    if (role.known[n] === known.parts && role.refusals[n] === 0) role.bounds[n] = boundOf(search, wanted, n);
  }
}

function boundPrimary({ state, weighing, allocation: { table } }: Search, { row }: Wanted, n: number): number {
  const total = boundParts(weighing, weighing.primary, table.metrics, n);
  return state.instances.forthcoming[row] === 1 ? total : total + countsWithPrimary(state, row, n, noNode) - nodeCounts(state, n);
}

function boundSecondary({ state, weighing, allocation: { table } }: Search, { row }: Wanted, s: number): number {
  const { nodes, instances } = state;
  let total = boundParts(weighing, weighing.secondary, table.metrics, s);
  if (instances.forthcoming[row] === 1) return total;
  const memory = reserves(state, row);
  const all = nodes.totalMemory[s] as number;
  const d0 = Math.max(0, memory - (nodes.reserved[s] as number)) / all;
  if (table.isOnline[s] === 1) {
    const y = table.reserved[s] as number;
    const slope = weighing.slopes[table.metrics] as number;
    const vertex = slope > 0 ? -y - 0.125 / slope : d0;
    const d = Math.min(Math.max(vertex, d0), memory / all);
    total += 0.25 * d + slope * d * (2 * y + d);
  }
  return total + countsWithSecondary(state, s, (nodes.reserved[s] as number) + d0 * all) - nodeCounts(state, s);
}

function boundParts({ slopes }: Weighing, { parts, active }: RoleWeights, metrics: number, n: number): number {
  const at = (2 * n + 1) * metrics;
  let total = 0;
  for (let a = 0; a < active.length; a++) {
    const k = active[a] as number;
    total += (slopes[k] as number) * (parts[at + k] as number);
  }
  return total;
}

/** Least and most variance of a metric with the instance somewhere, and what it is at least without what the nodes add. */
interface Range {
  readonly without: number;
  readonly from: number;
  readonly to: number;
}

function rangeOf({ allocation: { table }, base, weighing: { primary, secondary } }: Search, k: number, pairs: boolean): Range {
  const count = table.online.length;
  const sum = k < table.metrics ? (table.sums[k] as number) : base.reservedSum;
  const squares = k < table.metrics ? (table.squares[k] as number) : base.reservedSquares;
  const p = primary.extremes;
  const s = pairs ? secondary.extremes : undefined;
  const least = finite(p.leastSum[k]) + finite(s?.leastSum[k]);
  const most = finite(p.mostSum[k]) + finite(s?.mostSum[k]);
  const shift = Math.max(Math.abs(sum + least), Math.abs(sum + most)) / count;
  const without = squares / count - shift * shift;
  const from = Math.max(0, without + (finite(p.leastSquare[k]) + finite(s?.leastSquare[k])) / count);
  const to = Math.max(from, without + (finite(p.mostSquare[k]) + finite(s?.mostSquare[k])) / count);
  return { without, from, to };
}

const finite = (value = 0): number => (Number.isFinite(value) ? value : 0);

/** Lines through the ends of each range. */
function chooseSlopes(search: Search, pairs: boolean): void {
  const { weighing, allocation } = search;
  const { metrics, weights, online } = allocation.table;
  for (let k = 0; k <= metrics; k++) {
    const { from, to } = rangeOf(search, k, pairs);
    const slope = to > from ? (Math.sqrt(to) - Math.sqrt(from)) / (to - from) : 0;
    weighing.slopes[k] = ((k < metrics ? (weights[k] as number) : 1) * slope) / online.length;
  }
}

/** What does not depend on the nodes: where the root is concave, it is nearest to its line at one end of the range. */
function floorOf(search: Search, pairs: boolean): number {
  const { weighing, allocation, base } = search;
  const { metrics, weights, online, constant, reservedSums } = allocation.table;
  let floor = constant + base.counts + 0.25 * (base.reservedSum + reservedSums.centre * online.length);
  for (let k = 0; k <= metrics; k++) {
    const { without, from, to } = rangeOf(search, k, pairs);
    const weight = k < metrics ? (weights[k] as number) : 1;
    const slope = (weighing.slopes[k] as number) * online.length;
    floor += Math.min(weight * Math.sqrt(from) - slope * from, weight * Math.sqrt(to) - slope * to) + slope * without;
  }
  return floor;
}
