import { moveKind } from '../balance/move.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { mirror } from '../state/instance-columns.ts';
import type { PlacedOn } from './plan.ts';
import type { PlanMaker, Step } from './plan-maker.ts';

/** An instance that is not where it should be after so many moves stays where it is then. */
const mostSteps = 4;

/**
 * Moves instances to their goals, in an order in which every move is possible when its turn comes: again and again those
 * on the fullest nodes first, by the shortest way or by another one where that is closed.
 * @param isOver asked before every move: no more are made
 * @returns the instances that stand in each other's way and were left out
 */
export function orderMoves(maker: PlanMaker, goals: ReadonlyMap<number, PlacedOn>, isOver: () => boolean = () => false): readonly number[] {
  const { state } = maker;
  const open = new Map([...goals].map(([instance, goal]) => [instance, { goal, steps: 0 }]));
  for (let progress = true; progress && open.size > 0; ) {
    progress = false;
    const order = [...open.keys()].map((instance) => ({ instance, use: memoryUse(state, instance) })).sort((a, b) => b.use - a.use);
    for (const { instance } of order) {
      if (isOver()) return [...open.keys()];
      const way = open.get(instance) as { goal: PlacedOn; steps: number };
      if (isThere(state, instance, way.goal)) {
        open.delete(instance);
      } else if (way.steps < mostSteps && waysTo(state, instance, way.goal).some((step) => maker.make(step))) {
        way.steps++;
        progress = true;
        if (isThere(state, instance, way.goal)) open.delete(instance);
      }
    }
  }
  return [...open.keys()];
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
