import type { ClusterState } from '../state/cluster-state.ts';
import { loadBelow, type MeasuredLoad } from './measured-load.ts';
import type { SqueezeOptions } from './squeeze-options.ts';
import { roomEverywhere } from './standard-room.ts';

/** What a state must fulfil, besides having nothing on nodes that are off. */
export interface Goal {
  /** Spare row of what must fit on each node. */
  readonly row: number;
  readonly which: 'on' | 'off';
  readonly load: MeasuredLoad | undefined;
  readonly options: SqueezeOptions;
  /** Nodes that may be without N+1: those that are from the start. */
  readonly failing: number;
}

/** Room on every node, load below its bounds, and no more nodes without N+1 than before. */
export function goalReached(state: ClusterState, goal: Goal): boolean {
  const { row, which, load, options } = goal;
  if (!roomEverywhere(state, row) || !loadBelow(state, load, options.load, which)) return false;
  return which === 'on' || !options.mirrored || failingNodes(state) <= goal.failing;
}

export function failingNodes({ nodes, scope }: ClusterState): number {
  return scope.reduce((count, n) => count + (nodes.offline[n] === 0 ? (nodes.failN1[n] as number) : 0), 0);
}

/**
 * Whether an instance has a node among those that are off. Secondary nodes matter only where nodes with mirrored instances
 * may be switched off, and not for an instance that is yet to come: else one that was off before would stop everything.
 */
export function isStranded({ instances, nodes }: ClusterState, i: number, { options }: Goal): boolean {
  const primary = instances.primary[i] as number;
  const secondary = instances.forthcoming[i] === 1 || !options.mirrored ? -1 : (instances.secondary[i] as number);
  return (primary >= 0 && nodes.offline[primary] === 1) || (secondary >= 0 && nodes.offline[secondary] === 1);
}

/** Whether nothing is on nodes that are off. */
export function offlineEmpty(state: ClusterState, goal: Goal): boolean {
  for (let i = 0; i < state.instanceCount; i++) if (isStranded(state, i, goal)) return false;
  return true;
}
