import { balance } from '../balance/balance.ts';
import type { Move } from '../balance/move.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { type Goal, goalReached, offlineEmpty } from './goal.ts';
import { setOffline } from './set-offline.ts';
import { weighingsPerMove } from './weighings-per-move.ts';
import { thoroughOptions } from './workspace.ts';

/**
 * Balances the cluster as it is without these nodes, as Ganeti's hsqueeze does for every question.
 * @param most moves to weigh at most; then the goal counts as not reached
 */
export function balancedWithout(
  fresh: () => ClusterState,
  nodes: readonly number[],
  goal: Goal,
  most: number,
): { state: ClusterState; moves: Move[]; reached: boolean; weighings: number } {
  const state = fresh();
  for (const n of nodes) setOffline(state, n, true);
  const moves: Move[] = [];
  const perMove = weighingsPerMove(state);
  let weighings = perMove;
  for (const move of balance(state, { ...thoroughOptions, rules: goal.options.rules })) {
    moves.push(move);
    weighings += perMove;
    if (weighings > most) return { state, moves, reached: false, weighings };
  }
  return { state, moves, reached: offlineEmpty(state, goal) && goalReached(state, goal), weighings };
}
