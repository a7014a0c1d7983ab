import { moveKind } from '../balance/move.ts';
import { unallocated } from '../state/add-primary.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { mirror } from '../state/instance-columns.ts';
import type { PlacedOn } from './plan.ts';
import type { PlanMaker, Step } from './plan-maker.ts';

/** An instance that is not where it should be after so many moves stays where it is then. */
const mostSteps = 4;

export interface OrderOptions {
  /** Instances that go first. */
  readonly urgent?: readonly number[] | undefined;
  /** If instances wait for each other's places, one of them may be moved elsewhere first; this is one more move. */
  readonly mayStepAside?: boolean | undefined;
  /** Asked before every move: no more are made. */
  readonly isOver?: (() => boolean) | undefined;
}

interface Way {
  readonly goal: PlacedOn;
  steps: number;
}

/**
 * Moves instances to their goals, in an order in which every move is possible when its turn comes: again and again the urgent
 * ones first, then those on the fullest nodes, by the shortest way or by another one where that is closed.
 * @returns the instances that stand in each other's way and were left out
 */
export function orderMoves(maker: PlanMaker, goals: ReadonlyMap<number, PlacedOn>, options: OrderOptions = {}): readonly number[] {
  const { urgent = [], mayStepAside = false, isOver = () => false } = options;
  const { state } = maker;
  const isUrgent = new Set(urgent);
  const aside = new Set<number>();
  const open = new Map([...goals].map(([instance, goal]): [number, Way] => [instance, { goal, steps: 0 }]));
  const rank = (instance: number) => ({ instance, rank: memoryUse(state, instance) + (isUrgent.has(instance) ? mostUse : 0) });
  for (let progress = true; progress && open.size > 0; ) {
    progress = false;
    const order = [...open.keys()].map(rank).sort((a, b) => b.rank - a.rank);
    for (const { instance } of order) {
      if (isOver()) return [...open.keys()];
      const way = open.get(instance) as Way;
      if (isThere(state, instance, way.goal)) {
        open.delete(instance);
      } else if (way.steps < mostSteps && waysTo(state, instance, way.goal).some((step) => maker.make(step))) {
        way.steps++;
        progress = true;
        if (isThere(state, instance, way.goal)) open.delete(instance);
      }
    }
    if (!progress && mayStepAside) progress = stepAside(maker, [...open.keys()], aside);
  }
  return [...open.keys()];
}

/** More than all the memory of a node. */
const mostUse = 1000;
/** So many nodes with the most free memory are tried. */
const triedNodes = 8;

/** Moves one of the instances that wait, each once, to where there is room. @returns whether there was */
function stepAside(maker: PlanMaker, waiting: readonly number[], aside: Set<number>): boolean {
  const { nodes, instances, scope } = maker.state;
  const free = (n: number) => unallocated(maker.state, n);
  const roomy = [...scope].filter((n) => nodes.offline[n] === 0).sort((a, b) => free(b) - free(a) || a - b);
  return waiting.some((instance) => {
    if (aside.has(instance)) return false;
    aside.add(instance);
    const kind = instances.mirroring[instance] === mirror.external ? moveKind.failoverToAny : moveKind.replaceAndFailover;
    const others = roomy.filter((n) => n !== instances.primary[instance] && n !== instances.secondary[instance]);
    return others.slice(0, triedNodes).some((target) => maker.make({ instance, kind, target }));
  });
}

/** How full the node of an instance is: memory is what most moves wait for. */
function memoryUse({ nodes, instances }: ClusterState, i: number): number {
  const n = instances.primary[i] as number;
  return (nodes.instanceMemory[n] as number) / (nodes.room[n] as number);
}

const isThere = ({ instances }: ClusterState, i: number, goal: PlacedOn): boolean =>
  instances.primary[i] === goal.primary && instances.secondary[i] === goal.secondary;

/** Moves that bring an instance nearer to its goal, those first that copy least. */
function waysTo({ instances }: ClusterState, instance: number, goal: PlacedOn): readonly Step[] {
  const p = instances.primary[instance] as number;
  const s = instances.secondary[instance] as number;
  const { primary: a, secondary: b } = goal;
  const step = (kind: Step['kind'], target: number): Step => ({ instance, kind, target });
  if (instances.mirroring[instance] === mirror.external) return [step(moveKind.failoverToAny, a)];
  const { failover, replaceSecondary, replaceAndFailover, replacePrimary, failoverAndReplace } = moveKind;
  if (a === s && b === p) return [step(failover, -1)];
  if (a === p) return [step(replaceSecondary, b), step(failoverAndReplace, b)];
  if (b === p) return [step(replaceAndFailover, a), step(replaceSecondary, a)];
  if (a === s) return [step(failoverAndReplace, b), step(failover, -1)];
  if (b === s) return [step(replacePrimary, a), step(failover, -1), step(replaceAndFailover, a)];
  // Both are new: one after the other, by any of the ways there are.
  return [
    step(replaceSecondary, a),
    step(replaceAndFailover, a),
    step(failoverAndReplace, b),
    step(replaceSecondary, b),
    step(replacePrimary, a),
  ];
}
