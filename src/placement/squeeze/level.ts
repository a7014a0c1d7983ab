import { bestMoveOf, perform, type Workspace } from './workspace.ts';

/** Gains below this are rounding. */
const leastGain = 1e-9;
const mostPasses = 20;

/**
 * Balances until no move of one instance gains anything, or `enough` says so after a pass: each instance in turn makes its best
 * move immediately. The result is as good as always making the best of all moves, and much faster. Of instances that are alike
 * and on the same nodes only one is tried.
 */
export function level(work: Workspace, enough: () => boolean): void {
  const { state, movable, classes } = work;
  const { instances, nodeCount } = state;
  const tried = new Int32Array((Math.max(0, ...[...movable].map((i) => classes[i] as number)) + 1) * (nodeCount + 1)).fill(-1);
  for (let pass = 0; pass < mostPasses && !enough(); pass++) {
    let gained = false;
    for (const i of byPrimary(work)) {
      const alike = (classes[i] as number) * (nodeCount + 1) + (instances.secondary[i] as number) + 1;
      const mark = pass * nodeCount + (instances.primary[i] as number);
      if (tried[alike] === mark) continue;
      const move = bestMoveOf(work, i);
      if (move && move.score < work.score - leastGain) {
        perform(work, move);
        gained = true;
      } else tried[alike] = mark;
    }
    if (!gained) return;
  }
}

/** The movable instances, node by node. */
function byPrimary({ state: { instances, nodeCount }, movable }: Workspace): Int32Array {
  const next = new Int32Array(nodeCount + 1);
  for (const i of movable) next[(instances.primary[i] as number) + 1] = (next[(instances.primary[i] as number) + 1] as number) + 1;
  for (let n = 0; n < nodeCount; n++) next[n + 1] = (next[n + 1] as number) + (next[n] as number);
  const order = new Int32Array(movable.length);
  for (const i of movable) {
    const n = instances.primary[i] as number;
    const at = next[n] as number;
    order[at] = i;
    next[n] = at + 1;
  }
  return order;
}
