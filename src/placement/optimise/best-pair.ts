import { breaksHardRule, createRuleChange, type RuleBook } from '../location/rule-book.ts';
import { hardRuleWeight } from '../location/rule-cost.ts';
import { admitPrimary, admitSecondary } from '../state/admit.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { countsWithPrimary, countsWithSecondary, nodeCounts } from '../state/counts.ts';
import { mirror } from '../state/instance-columns.ts';
import { sharedDomains } from '../state/tag-tables.ts';
import type { LiveScore } from './live-score.ts';
import { reaches } from './reaches.ts';

/** Where a detached instance would go, and what it costs by the slopes of the score; `primary` -1: nowhere. */
export interface Pair {
  primary: number;
  secondary: number;
  cost: number;
}

/** Nodes that an instance must not have together. */
export type Barred = readonly [primary: number, secondary: number];

export interface PairSearch {
  readonly state: ClusterState;
  readonly live: LiveScore;
  readonly rules: RuleBook | undefined;
  /** Limits that are only policy are ignored. */
  readonly force: boolean;
  /** What one instance away from where it was at the start costs. */
  readonly moveCost: number;
  /** Nodes at the start, by instance. */
  readonly origin: { readonly primary: Int32Array; readonly secondary: Int32Array };
  readonly slopes: Float64Array;
  readonly change: Float64Array;
  readonly costs: Float64Array;
}

export function createPairSearch(parts: Pick<PairSearch, 'state' | 'live' | 'rules' | 'force' | 'moveCost' | 'origin'>): PairSearch {
  const { metrics } = parts.live.table;
  return { ...parts, slopes: new Float64Array(metrics + 1), change: createRuleChange(), costs: new Float64Array(parts.state.nodeCount) };
}

/** How many of the best primary nodes are tried with all secondary nodes, and how many where rules close all pairs of these. */
const tried = 3;
const mostTried = 48;

/** The best admitted nodes for a detached instance, of all there are but the barred ones. */
export function bestPair(search: PairSearch, i: number, barred: Barred | undefined, out: Pair): void {
  const { state, live, costs } = search;
  takeSlopes(search);
  out.primary = -1;
  out.cost = Number.POSITIVE_INFINITY;
  const { online } = live.table;
  const mirrored = state.instances.mirroring[i] === mirror.internal;
  for (let r = 0; r < online.length; r++) {
    const n = online[r] as number;
    costs[n] = isOpen(search, i, n) ? primaryCost(search, i, n) : Number.POSITIVE_INFINITY;
  }
  let most = mirrored ? tried : 1;
  for (let round = 0; round < most; round++) {
    const primary = cheapest(online, costs);
    if (primary < 0) return;
    const cost = costs[primary] as number;
    costs[primary] = Number.POSITIVE_INFINITY;
    if (!mirrored) {
      if (!considerPair(search, i, primary, -1, cost, barred, out)) most++;
    } else if (withSecondary(search, i, primary, cost, barred, out) && out.primary < 0 && most < mostTried) most++;
  }
}

function isOpen({ state, rules, force, origin }: PairSearch, i: number, n: number): boolean {
  if (admitPrimary(state, n, i, force) !== 0 || (rules && !rules.admits(i, n))) return false;
  return reaches(state, rules, i, origin.primary[i] as number, origin.secondary[i] as number, n);
}

/** @returns whether rules closed a pair */
function withSecondary(search: PairSearch, i: number, primary: number, cost: number, barred: Barred | undefined, out: Pair): boolean {
  const { state, live } = search;
  const { online } = live.table;
  let closed = false;
  for (let r = 0; r < online.length; r++) {
    const n = online[r] as number;
    if (n === primary) continue;
    const total = cost + secondaryCost(search, i, n, primary);
    if (total >= out.cost || admitSecondary(state, n, i, primary, search.force, false) !== 0) continue;
    if (!considerPair(search, i, primary, n, total, barred, out)) closed = search.rules !== undefined;
  }
  return closed;
}

/** @returns whether it is allowed */
function considerPair(
  { rules, change, origin, moveCost }: PairSearch,
  i: number,
  primary: number,
  secondary: number,
  bare: number,
  barred: Barred | undefined,
  out: Pair,
): boolean {
  if (barred && barred[0] === primary && barred[1] === secondary) return false;
  let cost = bare;
  if (rules) {
    rules.weigh(i, primary, secondary, change);
    if (breaksHardRule(change)) return false;
    cost += (change[0] as number) * hardRuleWeight + (change[1] as number);
  }
  if (origin.primary[i] !== primary || origin.secondary[i] !== secondary) cost += moveCost;
  if (cost < out.cost) {
    out.primary = primary;
    out.secondary = secondary;
    out.cost = cost;
  }
  return true;
}

function cheapest(online: Int32Array, costs: Float64Array): number {
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let r = 0; r < online.length; r++) {
    const cost = costs[online[r] as number] as number;
    if (cost < least) {
      least = cost;
      best = online[r] as number;
    }
  }
  return best;
}

/** Slopes of the deviations as things stand: what one unit more of a sum of squares adds. */
function takeSlopes({ live: { table }, slopes }: PairSearch): void {
  const { metrics, sums, squares, weights, online, reservedSums } = table;
  for (let k = 0; k <= metrics; k++) {
    const mean = (k < metrics ? (sums[k] as number) : reservedSums.sum) / online.length;
    const variance = (k < metrics ? (squares[k] as number) : reservedSums.squares) / online.length - mean * mean;
    slopes[k] = (k < metrics ? (weights[k] as number) : 1) / (2 * Math.sqrt(Math.max(variance, 1e-9)) * online.length);
  }
}

function primaryCost({ state, live: { table }, slopes }: PairSearch, i: number, n: number): number {
  const cost = deviationCost(table.primaryAmounts[state.nodes.exclusive[n] as 0 | 1], table, slopes, i, n);
  return cost + countsWithPrimary(state, i, n, -1) - nodeCounts(state, n);
}

function secondaryCost({ state, live: { table }, slopes }: PairSearch, i: number, n: number, primary: number): number {
  const { nodes, instances, peers, nodeCount, tags } = state;
  let cost = deviationCost(table.secondaryAmounts[nodes.exclusive[n] as 0 | 1], table, slopes, i, n);
  const before = nodes.reserved[n] as number;
  const need = instances.reserves[i] === 1 ? (peers[n * nodeCount + primary] as number) + (instances.memory[i] as number) : 0;
  const reserved = Math.max(before, need);
  if (reserved > before) {
    const memory = nodes.totalMemory[n] as number;
    const d = (reserved - before) / memory;
    cost += 0.25 * d + (slopes[table.metrics] as number) * d * (2 * (table.reserved[n] as number) + d);
  }
  cost += countsWithSecondary(state, n, reserved) - nodeCounts(state, n);
  return tags.words > 0 ? cost + sharedDomains(tags, primary, n) : cost;
}

function deviationCost(amounts: Float64Array, table: LiveScore['table'], slopes: Float64Array, i: number, n: number): number {
  const { metrics, factors, values } = table;
  let cost = 0;
  for (let k = 0; k < metrics; k++) {
    const d = (amounts[i * metrics + k] as number) * (factors[n * metrics + k] as number);
    cost += (slopes[k] as number) * d * (2 * (values[n * metrics + k] as number) + d);
  }
  return cost;
}
