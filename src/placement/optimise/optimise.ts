import { balance } from '../balance/balance.ts';
import type { PreparedCluster } from '../cluster/prepare-cluster.ts';
import { ruleCost } from '../location/rule-cost.ts';
import { groupMoves } from '../plan/group-moves.ts';
import { orderMoves } from '../plan/order-moves.ts';
import type { PlacedOn, Plan } from '../plan/plan.ts';
import { createPlanMaker, type PlanMaker, type Step } from '../plan/plan-maker.ts';
import { attach, detach } from '../state/attach.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { createState } from '../state/create-state.ts';
import { mirror } from '../state/instance-columns.ts';
import { clusterScore } from '../state/score.ts';
import { continueGreedily } from './continue-greedily.ts';
import type { Places } from './create-cluster-model.ts';
import { account, createMoveBudget, isExceeded, type MoveBudget } from './move-budget.ts';
import { balanceOptions, type OptimiseOptions } from './optimise-options.ts';
import { searchPlaces } from './search-places.ts';

/** Greedy balancing may take this part of the time: where it does not end in it, the search gets further in the rest. */
const greedyPart = 0.3;
/** From this part of the time on no further move is made: what there is, is the plan. */
const lastCall = 0.97;

/**
 * Looks for a better cluster than one move at a time leads to: it removes a few instances from their nodes (from crowded nodes,
 * those that break a rule, random ones), puts each one where it fits best, and keeps the result if it is not much worse than
 * before; it accepts less and less with time. It starts where greedy balancing ends and can be stopped at any time. The rules of
 * location end as they were.
 * @returns a plan every move of which is possible when its turn comes; never worse than greedy balancing, where that ended
 */
export function optimise(data: PreparedCluster, options: OptimiseOptions): Plan {
  const { rules, progress = () => 0 } = options;
  const state = createState(data, options.state);
  const budget = createMoveBudget(state, options.maxMoves, options.maxData);
  const before = clusterScore(state) + ruleCost(rules);
  const isOver = () => progress() >= lastCall;
  const follow = ({ primary, secondary }: Places) => {
    if (rules) for (let i = 0; i < data.instances.length; i++) rules.place(i, primary[i] as number, secondary[i] as number);
  };
  const begin = () => {
    follow(budget);
    return createPlanMaker(createState(data, options.state), options);
  };
  const greedy = descend(state, budget, options);
  const start = progress();
  const wasQuick = start < greedyPart;
  const simple = begin();
  const begun = progress();
  // The first moves are slower than those that follow.
  const half = greedy.length >>> 1;
  for (const step of greedy.slice(0, half)) simple.make(step);
  const middle = progress();
  for (const step of greedy.slice(half)) simple.make(step);
  const perMove = (progress() - middle) / Math.max(1, greedy.length - half);
  follow(state.instances);
  // What is found must still become a plan in time.
  const goal = searchPlaces(state, budget, options, () => lastCall - 2 * (begun - start + perMove * budget.moves));
  const searched = begin();
  const mayStepAside = options.maxMoves === undefined && options.maxData === undefined;
  const leftOut = orderMoves(searched, goalsOf(budget, goal), { urgent: rules?.offenders('hard'), mayStepAside, isOver });
  // The moves that were left out may have been the purpose of the others. Single moves improve the result, if they do not take
  // long.
  if (leftOut.length > 0 && wasQuick) continueGreedily(searched, options, isOver);
  follow(budget);
  const isSimpler = scoreAfter(simple, before) < scoreAfter(searched, before);
  return isSimpler ? finish(simple, before, [], options) : finish(searched, before, leftOut, options);
}

const scoreAfter = ({ moves }: PlanMaker, before: number): number => moves.at(-1)?.score ?? before;

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

/** Instances that the search has put elsewhere, and where. */
function goalsOf(origin: Places, goal: Places): ReadonlyMap<number, PlacedOn> {
  const goals = new Map<number, PlacedOn>();
  goal.primary.forEach((primary, i) => {
    const secondary = goal.secondary[i] as number;
    if (primary !== origin.primary[i] || secondary !== origin.secondary[i]) goals.set(i, { primary, secondary });
  });
  return goals;
}

function finish(maker: PlanMaker, before: number, leftOut: readonly number[], { traffic }: OptimiseOptions): Plan {
  const { moves, data } = maker;
  const { sets, seconds } = groupMoves(moves, traffic);
  return { moves, sets, before, after: scoreAfter(maker, before), data, seconds, leftOut };
}
