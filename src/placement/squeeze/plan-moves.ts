import { balance } from '../balance/balance.ts';
import type { Move } from '../balance/move.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { emptyOfflineNodes } from './empty-offline-nodes.ts';
import { type Goal, goalReached, offlineEmpty } from './goal.ts';
import { level } from './level.ts';
import { weighingsPerMove } from './weighings-per-move.ts';
import { createWorkspace, thoroughOptions, type Workspace } from './workspace.ts';

/** Less than a second's worth. */
const defaultWeighings = 4_000_000;
/**
 * The moves from the state as it is, whose nodes are switched already, to one with the goal: balanced as hbal does, the
 * state that Ganeti's hsqueeze ends with. Where that takes too long, what is left is only emptied, and levelled until the
 * goal is reached. The state and the rules are changed.
 */
export function planMoves(state: ClusterState, goal: Goal): { moves: readonly Move[]; reached: boolean } {
  const { rules, weighings = defaultWeighings } = goal.options;
  const moves: Move[] = [];
  const perStep = weighingsPerMove(state);
  let cut = false;
  for (const move of balance(state, { ...thoroughOptions, rules })) {
    moves.push(move);
    cut = moves.length * perStep > weighings;
    if (cut) break;
  }
  const reached = () => offlineEmpty(state, goal) && goalReached(state, goal);
  if (!cut) return { moves, reached: reached() };
  const work: Workspace = createWorkspace(state, rules);
  emptyOfflineNodes(work, goal);
  level(work, reached);
  if (!offlineEmpty(state, goal)) emptyOfflineNodes(work, goal);
  return { moves: [...moves, ...work.moves], reached: reached() };
}
