import type { Random } from '../../base/index.ts';
import { ruleCost } from '../location/rule-cost.ts';
import { nowhere, type SearchModel } from '../search/search-model.ts';
import { attach, detach } from '../state/attach.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { bestPair, createPairSearch, type Pair, type PairSearch } from './best-pair.ts';
import { createLiveScore, readScore, touch } from './live-score.ts';
import { account, isExceeded, type MoveBudget } from './move-budget.ts';
import type { OptimiseOptions } from './optimise-options.ts';

/** Where each instance is. */
export interface Places {
  readonly primary: Int32Array;
  readonly secondary: Int32Array;
}

/** Instances that are taken off together, at most. */
const mostVictims = 4;
/** The part of the score that one instance stands for is about this share of the mean one. */
const shareOfInstance = 0.07;
/** Choices between two looks at who breaks rules. */
const freshFor = 64;

/**
 * The instances of a cluster that may move, as items of the search, in the order of `movable`. Their places are pairs of nodes.
 * It minimises the score plus the cost of rules and of moved instances; a state that exceeds the budget is rejected.
 */
export function createClusterModel(state: ClusterState, movable: Int32Array, budget: MoveBudget, options: OptimiseOptions): SearchModel {
  const { rules, ignoreSoftErrors: force = false, moveCost = 1e-4 } = options;
  const { instances, nodeCount } = state;
  const live = createLiveScore(state, movable);
  const pairs = createPairSearch({ state, live, rules, force, moveCost, origin: budget });
  const pair: Pair = { primary: nowhere, secondary: nowhere, cost: 0 };
  const encode = (primary: number, secondary: number) => primary * (nodeCount + 1) + secondary + 1;
  const placeOf = Int32Array.from(movable, (i) => encode(instances.primary[i] as number, instances.secondary[i] as number));
  const cost = () => (isExceeded(budget) ? Number.POSITIVE_INFINITY : readScore(state, live) + ruleCost(rules) + moveCost * budget.moves);

  const take = (item: number): void => {
    const i = movable[item] as number;
    const [p, s] = [instances.primary[i] as number, instances.secondary[i] as number];
    account(budget, state, i, -1);
    detach(state, i);
    touch(state, live, p);
    touch(state, live, s);
    rules?.place(i, -1, -1);
    placeOf[item] = nowhere;
  };
  const put = (item: number, place: number): void => {
    const i = movable[item] as number;
    const [p, s] = placed(place, nodeCount);
    attach(state, i, p, s);
    account(budget, state, i, 1);
    touch(state, live, p);
    touch(state, live, s);
    rules?.place(i, p, s);
    placeOf[item] = place;
  };

  return {
    items: movable.length,
    placeOf,
    weightOf: Float64Array.from(movable, (i) => instances.memory[i] as number),
    // Broken hard rules, which perhaps cannot be repaired, must not raise the temperature.
    unit: (shareOfInstance * readScore(state, live)) / movable.length,
    get cost() {
      return cost();
    },
    choose: createChoice(pairs, movable),
    take,
    put,
    bestPlace(item, was, stay) {
      bestPair(pairs, movable[item] as number, stay ? undefined : placed(was, nodeCount), pair);
      return pair.primary < 0 ? nowhere : encode(pair.primary, pair.secondary);
    },
    reset(places) {
      const away = [...places.keys()].filter((item) => placeOf[item] !== places[item]);
      for (const item of away) take(item);
      for (const item of away) put(item, places[item] as number);
    },
  };
}

/** The nodes that a place stands for. */
const placed = (place: number, nodeCount: number): readonly [primary: number, secondary: number] => [
  Math.floor(place / (nodeCount + 1)),
  (place % (nodeCount + 1)) - 1,
];

/** Who is taken off: often one that breaks a rule, and others that are anywhere or on crowded nodes. */
function createChoice({ state, rules }: PairSearch, movable: Int32Array): SearchModel['choose'] {
  const itemOf = new Map(Array.from(movable, (i, item) => [i, item]));
  let offenders: readonly number[] = [];
  let choices = 0;
  return (victims, random) => {
    const pick = () => Math.floor(random() * movable.length);
    if (rules && choices++ % freshFor === 0) {
      const guilty = rules.hard > 0 || rules.soft > 0 ? rules.offenders(rules.hard > 0 ? 'hard' : 'any') : [];
      offenders = guilty.flatMap((i) => itemOf.get(i) ?? []);
    }
    const offender = offenders.length > 0 && random() < 0.5 ? offenders[Math.floor(random() * offenders.length)] : undefined;
    victims[0] = offender ?? pick();
    const most = 1 + Math.floor(random() * mostVictims);
    let count = 1;
    for (let tries = 0; count < most && tries < 12; tries++) {
      const item = random() < 0.5 ? crowded(state, movable, pick, random) : pick();
      if (!victims.subarray(0, count).includes(item)) victims[count++] = item;
    }
    return count;
  };
}

/** Of a few random items the one on the node with the most memory in use. */
function crowded({ nodes, instances }: ClusterState, movable: Int32Array, pick: () => number, random: Random): number {
  const use = (item: number) => {
    const n = instances.primary[movable[item] as number] as number;
    return (nodes.instanceMemory[n] as number) / (nodes.totalMemory[n] as number);
  };
  let best = pick();
  for (let k = 0; k < 2 + 2 * random(); k++) {
    const other = pick();
    if (use(other) > use(best)) best = other;
  }
  return best;
}

/** Where the search has put its items, and where everybody else is. */
export function placesFrom(state: ClusterState, movable: Int32Array, found: Int32Array): Places {
  const places: Places = { primary: state.instances.primary.slice(), secondary: state.instances.secondary.slice() };
  movable.forEach((i, item) => {
    [places.primary[i], places.secondary[i]] = placed(found[item] as number, state.nodeCount) as [number, number];
  });
  return places;
}
