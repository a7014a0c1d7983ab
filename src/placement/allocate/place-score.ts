import { rest } from '../balance/deviations.ts';
import { noNode } from '../cluster/cluster-data.ts';
import { breaksHardRule } from '../location/rule-book.ts';
import { hardRuleWeight } from '../location/rule-cost.ts';
import { attach, detach } from '../state/attach.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { restore, save } from '../state/node-backup.ts';
import { clusterScore, scoreComponents } from '../state/score.ts';
import type { Search, Wanted } from './search.ts';

/** Refused by a hard rule of location. */
export const refusedByRule = Number.POSITIVE_INFINITY;

/** The score with the instance on these nodes, or `refusedByRule`; a few additions. */
export function placeScore(search: Search, { row }: Wanted, p: number, s: number): number {
  const { state, allocation, base } = search;
  const { table } = allocation;
  const penalty = rulePenalty(search, row, p, s);
  if (penalty === refusedByRule) return penalty;
  const spread = table.constant + deviations(search, p, s);
  return (
    penalty + spread + (state.instances.forthcoming[row] === 1 ? restForthcoming(search, row, p) : rest(state, table, base, row, p, s))
  );
}

function deviations({ allocation: { table }, weighing }: Search, p: number, s: number): number {
  const { metrics, weights, sums, squares, online } = table;
  const primary = weighing.primary.parts;
  const secondary = weighing.secondary.parts;
  const inverse = 1 / online.length;
  const atP = 2 * p * metrics;
  const atS = 2 * s * metrics;
  let total = 0;
  for (let k = 0; k < metrics; k++) {
    let sum = (sums[k] as number) + (primary[atP + k] as number);
    let square = (squares[k] as number) + (primary[atP + metrics + k] as number);
    if (s >= 0) {
      sum += secondary[atS + k] as number;
      square += secondary[atS + metrics + k] as number;
    }
    const mean = sum * inverse;
    const variance = square * inverse - mean * mean;
    if (variance > 0) total += (weights[k] as number) * Math.sqrt(variance);
  }
  return total;
}

/** An instance that does not exist yet reserves nothing; of counts it only changes conflicts of exclusion tags on its node. */
function restForthcoming({ state, base, allocation: { table } }: Search, row: number, p: number): number {
  const count = table.online.length;
  const variance = base.reservedSquares / count - (base.reservedSum / count) ** 2;
  return (
    base.counts +
    2 * conflictsWith(state, row, p) +
    Math.sqrt(Math.max(0, variance)) +
    0.25 * (base.reservedSum + table.reservedSums.centre * count)
  );
}

/** Exclusion tags that the instance shares with others on a node. */
function conflictsWith({ tags }: ClusterState, row: number, p: number): number {
  const { exclusions, onNode, exclusionCount } = tags;
  let conflicts = 0;
  for (let k = exclusions.start[row] as number; k < (exclusions.start[row + 1] as number); k++) {
    if ((onNode[p * exclusionCount + (exclusions.tags[k] as number)] as number) > 0) conflicts++;
  }
  return conflicts;
}

/** What rules of location add to the score. */
export function rulePenalty({ rules, weighed }: Search, row: number, p: number, s: number): number {
  if (!rules) return 0;
  rules.weigh(row, p, s, weighed);
  const [hard, soft] = weighed as unknown as [number, number];
  return breaksHardRule(weighed) ? refusedByRule : (rules.hard + hard) * hardRuleWeight + rules.soft + soft;
}

/** Mean and variance by component, as Ganeti has them before it adds an instance. */
interface Statistic {
  readonly count: number;
  readonly sum: number;
  readonly variance: number;
}

export type Statistics = readonly Statistic[];

/** Of the whole scope; for `exactScore` of pairs. */
export function clusterStatistics(state: ClusterState): Statistics {
  const online = state.scope.filter((n) => state.nodes.offline[n] === 0);
  const offline = state.scope.filter((n) => state.nodes.offline[n] === 1);
  return scoreComponents.map(({ value, offline: ofOffline }) => {
    const nodes = ofOffline ? offline : online;
    let sum = 0;
    for (const n of nodes) sum += value(state, n);
    const mean = sum / nodes.length;
    let squares = 0;
    for (const n of nodes) squares += (value(state, n) - mean) ** 2;
    return { count: nodes.length, sum, variance: squares / nodes.length };
  });
}

/**
 * The score in Ganeti's own order of additions, so that places that differ only by rounding get its order. For one node Ganeti
 * sums everything again, for a pair it corrects the statistics twice.
 */
export function exactScore(search: Search, { row }: Wanted, p: number, s: number, statistics: Statistics): number {
  const { state } = search;
  const penalty = rulePenalty(search, row, p, s);
  if (penalty === refusedByRule) return penalty;
  if (s < 0) return penalty + tried(search, row, p);
  const { backup } = search;
  save(state, backup, 0, p);
  save(state, backup, 1, s);
  const before = scoreComponents.map(({ value }) => [value(state, p), value(state, s)] as const);
  attach(state, row, p, s);
  let score = 0;
  scoreComponents.forEach(({ statistic, weight, value, offline = false }, c) => {
    if (statistic === 'conflicts') {
      score += weight * (state.tags.domainConflicts[0] as number);
      return;
    }
    const { count, sum: total, variance: spread } = statistics[c] as Statistic;
    let sum = total;
    let variance = spread;
    for (const side of [0, 1] as const) {
      const n = side === 0 ? p : s;
      if ((state.nodes.offline[n] === 1) !== offline) continue;
      const x = before[c]?.[side] as number;
      const y = value(state, n);
      const d = y - x;
      variance = Math.max(0, variance + (count * (y * y - x * x) - 2 * sum * d - d * d) / (count * count));
      sum += d;
    }
    score += weight * (statistic === 'sum' ? sum : Math.sqrt(variance));
  });
  detach(state, row);
  restore(state, backup);
  state.instances.primary[row] = -1;
  state.instances.secondary[row] = -1;
  return penalty + score;
}

function tried({ state, backup }: Search, row: number, p: number): number {
  save(state, backup, 0, p);
  save(state, backup, 1, noNode);
  attach(state, row, p, noNode);
  const score = clusterScore(state);
  detach(state, row);
  restore(state, backup);
  state.instances.primary[row] = noNode;
  return score;
}
