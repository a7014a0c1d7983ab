import type { Random } from '../../base/index.ts';
import { type BalanceOptions, balance, defaultBalanceOptions } from '../balance/balance.ts';
import type { PreparedCluster } from '../cluster/prepare-cluster.ts';
import type { RuleBook } from '../location/rule-book.ts';
import { ruleCost } from '../location/rule-cost.ts';
import { type Bandwidth, defaultBandwidth, groupMoves } from '../plan/group-moves.ts';
import { orderMoves } from '../plan/order-moves.ts';
import type { PlacedOn, Plan } from '../plan/plan.ts';
import { createPlanMaker, type PlanMaker, type Step } from '../plan/plan-maker.ts';
import { attach, detach } from '../state/attach.ts';
import { type ClusterState, createState, type StateOptions } from '../state/cluster-state.ts';
import { mirror } from '../state/instance-columns.ts';
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
  readonly maxMoves?: number | undefined;
  /** Most MiB of disk that are copied. */
  readonly maxData?: number | undefined;
  /** What moving one instance must be worth. */
  readonly moveCost?: number | undefined;
  /** Policy limits and N+1 are passed over. */
  readonly ignoreSoftErrors?: boolean | undefined;
  readonly rules?: RuleBook | undefined;
  readonly state?: StateOptions | undefined;
  readonly bandwidth?: Bandwidth | undefined;
}

/** Where each instance is. */
interface Places {
  readonly primary: Int32Array;
  readonly secondary: Int32Array;
}

/** Greedy balancing may take this part of the time, so that the search comes to its turn. */
const greedyPart = 0.6;

/**
 * Looks for a better cluster than one move at a time leads to: it takes a few instances off their nodes, crowded ones, ones
 * that break a rule, random ones, puts each back where it is best, and keeps the result if it is not much worse than
 * before, less and less so as time goes on. It starts where greedy balancing ends and can be stopped at any time.
 * The rules of location end as they were.
 * @returns a plan every move of which is possible when its turn comes; never worse than greedy balancing, where that ended
 */
export function optimise(data: PreparedCluster, options: OptimiseOptions): Plan {
  const { rules, state: stateOptions } = options;
  const state = createState(data, stateOptions);
  const budget = createMoveBudget(state, options.maxMoves, options.maxData);
  const before = clusterScore(state) + ruleCost(rules);
  const greedy = descend(state, budget, options);
  const goal = search(state, budget, options);
  const putBack = () => {
    if (rules) for (let i = 0; i < data.instances.length; i++) rules.place(i, budget.primary[i] as number, budget.secondary[i] as number);
  };
  const fresh = () => {
    putBack();
    return createPlanMaker(createState(data, stateOptions), options);
  };
  const searched = fresh();
  const leftOut = orderMoves(searched, goalsOf(budget, goal));
  // What was left out may have been what the rest was for: single moves make the best of it.
  if (leftOut.length > 0) continueGreedily(searched, options);
  const after = scoreAfter(searched, before);
  const simple = fresh();
  for (const step of greedy) simple.make(step);
  putBack();
  const isSimpler = scoreAfter(simple, before) < after || isOver(searched, options);
  return isSimpler ? finish(simple, before, [], options) : finish(searched, before, leftOut, options);
}

const scoreAfter = ({ moves }: PlanMaker, before: number): number => moves.at(-1)?.score ?? before;

const isOver = ({ moves, data }: PlanMaker, { maxMoves, maxData }: OptimiseOptions): boolean =>
  moves.length > (maxMoves ?? Number.POSITIVE_INFINITY) || data > (maxData ?? Number.POSITIVE_INFINITY);

/** Balances greedily until the budget, or the part of the time for it, is used up. @returns the moves that were made */
function descend(state: ClusterState, budget: MoveBudget, options: OptimiseOptions): Step[] {
  const { instances } = state;
  const steps: Step[] = [];
  const primary = instances.primary.slice();
  const secondary = instances.secondary.slice();
  for (const move of balance(state, balanceOptions(options))) {
    const i = move.instance;
    const was = [primary[i] as number, secondary[i] as number] as const;
    [instances.primary[i], instances.secondary[i]] = was;
    account(budget, state, i, -1);
    [instances.primary[i], instances.secondary[i]] = [move.primary, move.secondary];
    account(budget, state, i, 1);
    const copied = instances.mirroring[i] === mirror.internal && move.target >= 0 ? (instances.disk[i] as number) : 0;
    budget.spent.moves++;
    budget.spent.data += copied;
    if (isExceeded(budget) || budget.spent.moves > budget.maxMoves || budget.spent.data > budget.maxData) {
      account(budget, state, i, -1);
      detach(state, i);
      attach(state, i, ...was);
      options.rules?.place(i, ...was);
      account(budget, state, i, 1);
      break;
    }
    steps.push(move);
    [primary[i], secondary[i]] = [move.primary, move.secondary];
    if ((options.progress?.() ?? 0) >= greedyPart) break;
  }
  return steps;
}

const balanceOptions = ({ rules, ignoreSoftErrors = false }: OptimiseOptions): BalanceOptions => ({
  ...defaultBalanceOptions,
  rules,
  ignoreSoftErrors,
});

/** Searches from where the state is; the state ends anywhere. */
function search(state: ClusterState, budget: MoveBudget, options: OptimiseOptions): Places {
  const { rules, random, ignoreSoftErrors: force = false } = options;
  const { instances } = state;
  const progress = options.progress ?? (() => 0);
  const steps = options.steps ?? (options.progress ? Number.POSITIVE_INFINITY : 10_000);
  const best: Places = { primary: instances.primary.slice(), secondary: instances.secondary.slice() };
  const movable = mobile(state);
  if (movable.length === 0) return best;
  const live = createLiveScore(state, movable);
  const pairs = createPairSearch({ state, live, rules, force, moveCost: options.moveCost ?? 1e-4, origin: budget });
  const cost = () =>
    isExceeded(budget) ? Number.POSITIVE_INFINITY : readScore(state, live) + ruleCost(rules) + pairs.moveCost * budget.moves;
  const step = createRuin(pairs, movable, budget, random);
  let current = cost();
  let least = current;
  const heat = 0.002 * current;
  for (let count = 0, done = 0; count < steps && done < 1; count++) {
    if (count % 64 === 0) done = Math.max(progress(), Number.isFinite(steps) ? count / steps : 0);
    const undo = step(count);
    if (!undo) continue;
    const next = cost();
    if (next > current + heat * (1 - done) ** 2 * random()) {
      undo();
      continue;
    }
    current = next;
    if (current < least - 1e-9) {
      least = current;
      best.primary.set(instances.primary);
      best.secondary.set(instances.secondary);
    }
  }
  return best;
}

/** Instances in scope that may move. */
function mobile({ instances, scope, instanceCount, nodeCount }: ClusterState): Int32Array {
  const inScope = new Uint8Array(nodeCount);
  for (const n of scope) inScope[n] = 1;
  const isMobile = (i: number) =>
    instances.movable[i] === 1 && instances.forthcoming[i] === 0 && inScope[instances.primary[i] as number] === 1;
  return Int32Array.from({ length: instanceCount }, (_, i) => i).filter(isMobile);
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

/** Instances that the search has put elsewhere, and where. */
function goalsOf(origin: Places, goal: Places): ReadonlyMap<number, PlacedOn> {
  const goals = new Map<number, PlacedOn>();
  goal.primary.forEach((primary, i) => {
    const secondary = goal.secondary[i] as number;
    if (primary !== origin.primary[i] || secondary !== origin.secondary[i]) goals.set(i, { primary, secondary });
  });
  return goals;
}

/** Single moves from where the plan has come to, within what is left of the budget. */
function continueGreedily(maker: PlanMaker, options: OptimiseOptions): void {
  const { maxMoves = Number.POSITIVE_INFINITY, maxData = Number.POSITIVE_INFINITY } = options;
  const ahead = createState(maker.state.data, options.state);
  const { instances } = maker.state;
  for (let i = 0; i < maker.state.instanceCount; i++) {
    if (instances.primary[i] === ahead.instances.primary[i] && instances.secondary[i] === ahead.instances.secondary[i]) continue;
    detach(ahead, i);
    attach(ahead, i, instances.primary[i] as number, instances.secondary[i] as number);
  }
  // The rules go along with the plan alone: looked ahead is one move at a time.
  for (const move of balance(ahead, { ...balanceOptions(options), rules: options.rules && onlyRead(options.rules) })) {
    const copies = instances.mirroring[move.instance] === mirror.internal && move.target >= 0;
    const data = maker.data + (copies ? (instances.disk[move.instance] as number) : 0);
    if (maker.moves.length >= maxMoves || data > maxData || !maker.make(move)) return;
  }
}

/** Rules that somebody else keeps current. */
function onlyRead(rules: RuleBook): RuleBook {
  return {
    get hard() {
      return rules.hard;
    },
    get soft() {
      return rules.soft;
    },
    weigh: (instance, primary, secondary, out) => rules.weigh(instance, primary, secondary, out),
    place: () => undefined,
    mayMigrate: (instance, from, to) => rules.mayMigrate(instance, from, to),
    explain: (instance, primary, secondary) => rules.explain(instance, primary, secondary),
    relief: (instance, primary, secondary) => rules.relief(instance, primary, secondary),
    breaches: () => rules.breaches(),
    offenders: (which) => rules.offenders(which),
  };
}

function finish(maker: PlanMaker, before: number, leftOut: readonly number[], { bandwidth = defaultBandwidth }: OptimiseOptions): Plan {
  const { moves, data } = maker;
  const { sets, seconds } = groupMoves(moves, bandwidth);
  return { moves, sets, before, after: scoreAfter(maker, before), data, seconds, leftOut };
}
