import type { Random } from '../../base/index.ts';
import { type BalanceOptions, balance, defaultBalanceOptions } from '../balance/balance.ts';
import type { PreparedCluster } from '../cluster/prepare-cluster.ts';
import type { RuleBook } from '../location/rule-book.ts';
import { hardRuleWeight } from '../location/rule-cost.ts';
import { type Bandwidth, defaultBandwidth, groupMoves } from '../plan/group-moves.ts';
import { orderMoves } from '../plan/order-moves.ts';
import type { PlacedOn, Plan } from '../plan/plan.ts';
import { attach, detach } from '../state/attach.ts';
import { type ClusterState, createState, type StateOptions } from '../state/cluster-state.ts';
import { clusterScore } from '../state/score.ts';
import { bestPair, createPairSearch, type Pair, type PairSearch } from './best-pair.ts';
import { createLiveScore, readScore, touch } from './live-score.ts';
import { account, createMoveBudget, isExceeded, type MoveBudget } from './move-budget.ts';

export interface OptimiseOptions {
  readonly random: Random;
  /** Part of the time that is used up, 0 to 1; asked now and then. With `steps` alone the result depends on the seed only. */
  readonly progress?: (() => number) | undefined;
  /** Most steps of the search. */
  readonly steps?: number | undefined;
  /** Most instances that move. */
  readonly maxMoves?: number | undefined;
  /** Most MiB of disk that are copied. */
  readonly maxData?: number | undefined;
  /** What moving one instance must be worth. */
  readonly moveCost?: number | undefined;
  readonly rules?: RuleBook | undefined;
  readonly state?: StateOptions | undefined;
  readonly balance?: Partial<BalanceOptions> | undefined;
  readonly bandwidth?: Bandwidth | undefined;
}

/** Where each instance is, and what that is worth. */
interface Solution {
  readonly primary: Int32Array;
  readonly secondary: Int32Array;
  readonly cost: number;
}

/**
 * Looks for a better cluster than one move at a time leads to: it takes a few instances off their nodes, crowded ones and
 * random ones, puts each back where it is best, and keeps the result if it is not much worse than before, less and less so
 * as time goes on. It starts where greedy balancing ends and can be stopped at any time.
 * @returns the plan that leads to the best cluster found, every move of which is possible when its turn comes
 */
export function optimise(data: PreparedCluster, options: OptimiseOptions): Plan {
  const start = createState(data, options.state);
  const origin = { primary: start.instances.primary.slice(), secondary: start.instances.secondary.slice() };
  const before = clusterScore(start) + ruleCost(options.rules);
  const best = improve(start, options);
  if (options.rules)
    for (let i = 0; i < data.instances.length; i++) options.rules.place(i, origin.primary[i] as number, origin.secondary[i] as number);
  return planTo(data, origin, best, before, options);
}

const ruleCost = (rules: RuleBook | undefined): number => (rules ? rules.hard * hardRuleWeight + rules.soft : 0);

/** Greedy first, then by search, in the state, which ends anywhere. */
function improve(state: ClusterState, options: OptimiseOptions): Solution {
  const { rules, random } = options;
  const budget = createMoveBudget(state, options.maxMoves, options.maxData);
  const { instances } = state;
  const progress = options.progress ?? (() => 0);
  const steps = options.steps ?? (options.progress ? Number.POSITIVE_INFINITY : 10_000);
  descend(state, budget, options, () => progress() >= 1);
  const snapshot = (cost: number): Solution => ({ primary: instances.primary.slice(), secondary: instances.secondary.slice(), cost });
  const movable = Int32Array.from({ length: state.instanceCount }, (_, i) => i).filter((i) => mayMove(state, i));
  if (movable.length === 0) return snapshot(0);
  const live = createLiveScore(state, movable);
  const search = createPairSearch({ state, live, rules, moveCost: options.moveCost ?? 1e-4, origin: budget });
  const cost = () =>
    isExceeded(budget) ? Number.POSITIVE_INFINITY : readScore(state, live) + ruleCost(rules) + search.moveCost * budget.moves;
  let current = cost();
  let best = snapshot(current);
  const step = createRuin(search, movable, budget, random);
  const heat = 0.002 * current;
  for (let count = 0, done = 0; count < steps && done < 1; count++) {
    if (count % 64 === 0) done = Math.max(progress(), Number.isFinite(steps) ? count / steps : 0);
    const undo = step(count);
    if (!undo) continue;
    const next = cost();
    if (next <= current + heat * (1 - done) ** 2 * random()) {
      current = next;
      if (current < best.cost - 1e-9) best = snapshot(current);
    } else undo();
  }
  return best;
}

/** Balances greedily until the budget or the time is used up. */
function descend(state: ClusterState, budget: MoveBudget, options: OptimiseOptions, isOver: () => boolean): void {
  const { instances } = state;
  const places = () => [instances.primary.slice(), instances.secondary.slice()] as const;
  let last = places();
  for (const { instance, primary, secondary } of balance(state, { ...defaultBalanceOptions, ...options.balance, rules: options.rules })) {
    const [wasPrimary, wasSecondary] = [last[0][instance] as number, last[1][instance] as number];
    [instances.primary[instance], instances.secondary[instance]] = [wasPrimary, wasSecondary];
    account(budget, state, instance, -1);
    [instances.primary[instance], instances.secondary[instance]] = [primary, secondary];
    account(budget, state, instance, 1);
    if (isExceeded(budget)) {
      account(budget, state, instance, -1);
      detach(state, instance);
      attach(state, instance, wasPrimary, wasSecondary);
      options.rules?.place(instance, wasPrimary, wasSecondary);
      account(budget, state, instance, 1);
      return;
    }
    last = places();
    if (isOver()) return;
  }
}

function mayMove({ instances, nodes }: ClusterState, i: number): boolean {
  const primary = instances.primary[i] as number;
  const known = primary >= 0 && nodes.counted[primary] === 1 && instances.forthcoming[i] === 0;
  return known && instances.movable[i] === 1;
}

/** The step of the search: takes a few instances off and puts them back. @returns how to undo it; undefined: nothing was done */
function createRuin(
  search: PairSearch,
  movable: Int32Array,
  budget: MoveBudget,
  random: Random,
): (count: number) => (() => void) | undefined {
  const { state, live, rules } = search;
  const { instances } = state;
  const pair: Pair = { primary: -1, secondary: -1, cost: 0 };
  const take = (i: number) => {
    const [p, s] = [instances.primary[i] as number, instances.secondary[i] as number];
    account(budget, state, i, -1);
    detach(state, i);
    touch(state, live, p);
    touch(state, live, s);
    rules?.place(i, -1, -1);
  };
  const put = (i: number, p: number, s: number) => {
    attach(state, i, p, s);
    account(budget, state, i, 1);
    touch(state, live, p);
    touch(state, live, s);
    rules?.place(i, p, s);
  };
  const isMovable = new Set(movable);
  const pick = () => movable[Math.floor(random() * movable.length)] as number;
  let offenders: readonly number[] = [];
  return (count) => {
    if (rules && count % 64 === 0)
      offenders = rules.hard > 0 || rules.soft > 0 ? rules.offenders(rules.hard > 0 ? 'hard' : 'any').filter((i) => isMovable.has(i)) : [];
    const offender = offenders.length > 0 && random() < 0.5 ? offenders[Math.floor(random() * offenders.length)] : undefined;
    const victims = new Set<number>([offender ?? pick()]);
    const most = 1 + Math.floor(random() * 4);
    for (let tries = 0; victims.size < most && tries < 12; tries++) victims.add(random() < 0.5 ? crowded(search, pick, random) : pick());
    const before = [...victims].map((i) => [i, instances.primary[i] as number, instances.secondary[i] as number] as const);
    for (const i of victims) take(i);
    const placed: number[] = [];
    const undo = () => {
      for (const i of placed.toReversed()) take(i);
      for (const [i, p, s] of before) put(i, p, s);
    };
    for (const i of [...victims].sort((a, b) => (instances.memory[b] as number) - (instances.memory[a] as number) || a - b)) {
      bestPair(search, i, pair);
      if (pair.primary < 0) {
        undo();
        return undefined;
      }
      put(i, pair.primary, pair.secondary);
      placed.push(i);
    }
    return undo;
  };
}

/** Of a few random instances the one on the node with the most memory in use. */
function crowded({ state: { nodes, instances } }: PairSearch, pick: () => number, random: Random): number {
  const use = (i: number) => {
    const n = instances.primary[i] as number;
    return (nodes.instanceMemory[n] as number) / (nodes.totalMemory[n] as number);
  };
  let best = pick();
  for (let k = 0; k < 2 + 2 * random(); k++) {
    const other = pick();
    if (use(other) > use(best)) best = other;
  }
  return best;
}

function planTo(data: PreparedCluster, origin: Omit<Solution, 'cost'>, goal: Solution, before: number, options: OptimiseOptions): Plan {
  const state = createState(data, options.state);
  const goals = new Map<number, PlacedOn>();
  for (let i = 0; i < data.instances.length; i++) {
    const to = { primary: goal.primary[i] as number, secondary: goal.secondary[i] as number };
    if (to.primary !== origin.primary[i] || to.secondary !== origin.secondary[i]) goals.set(i, to);
  }
  const { moves, leftOut } = orderMoves(state, goals, { rules: options.rules });
  const { sets, seconds } = groupMoves(moves, options.bandwidth ?? defaultBandwidth);
  return {
    moves,
    sets,
    before,
    after: clusterScore(state) + ruleCost(options.rules),
    data: moves.reduce((sum, move) => sum + move.data, 0),
    seconds,
    leftOut,
  };
}
