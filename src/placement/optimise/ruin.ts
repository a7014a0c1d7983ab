import type { Random } from '../../base/index.ts';
import { attach, detach } from '../state/attach.ts';
import { bestPair, type Pair, type PairSearch } from './best-pair.ts';
import { touch } from './live-score.ts';
import { account, type MoveBudget } from './move-budget.ts';

/** The step of the search: takes a few instances off and puts them back. @returns how to undo it; undefined: nothing was done */
export function createRuin(
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
