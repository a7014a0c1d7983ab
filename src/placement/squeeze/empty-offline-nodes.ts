import { type Goal, isStranded } from './goal.ts';
import { bestMoveOf, perform, type Workspace } from './workspace.ts';

/**
 * Moves everything off the nodes that are off, the largest instances first, each to where the score is best.
 * @returns whether they are empty
 */
export function emptyOfflineNodes(work: Workspace, goal: Goal): boolean {
  const { state } = work;
  const { instances } = state;
  const waiting = [...Array(state.instanceCount).keys()].filter((i) => isStranded(state, i, goal));
  waiting.sort((a, b) => (instances.memory[b] as number) - (instances.memory[a] as number));
  for (const i of waiting) {
    // A mirrored instance may need one move for each of its nodes.
    for (let step = 0; step < 2 && isStranded(state, i, goal); step++) {
      const move = instances.movable[i] === 1 ? bestMoveOf(work, i) : undefined;
      if (!move || !(move.score < work.score)) return false;
      perform(work, move);
    }
    if (isStranded(state, i, goal)) return false;
  }
  return true;
}
