import type { ClusterState } from '../state/cluster-state.ts';
import type { Choice } from './choice.ts';
import type { Goal } from './goal.ts';
import { planMoves } from './plan-moves.ts';
import { setOffline } from './set-offline.ts';

/**
 * Switches on as few of the candidates as suffice, the first ones first; all of them if that does not suffice either. That
 * balancing alone suffices is an answer too.
 */
export function choosePoweredOn(fresh: () => ClusterState, candidates: readonly number[], goal: Goal): Choice {
  const { progress } = goal.options;
  for (let count = 0; ; count++) {
    const nodes = candidates.slice(0, count);
    const state = fresh();
    for (const n of nodes) setOffline(state, n, false);
    const { moves, reached } = planMoves(state, goal);
    const node = nodes.at(-1);
    if (node !== undefined) progress?.({ done: count, total: candidates.length, node, accepted: true });
    if (reached || count === candidates.length) return { nodes, moves, state, reached };
  }
}
