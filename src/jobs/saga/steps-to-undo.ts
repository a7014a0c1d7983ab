import type { Step } from './operation.ts';

/**
 * Places of the steps to undo, last first: the one at which it goes back (it is unknown how much of its work was done), and those
 * before it, back to the last completed pivot. A commit that failed has changed nothing.
 */
export function stepsToUndo(steps: readonly Step[], failedAt: number): readonly number[] {
  const result: number[] = [];
  for (let i = failedAt; i >= 0; i--) {
    const step = steps[i] as Step;
    if (i < failedAt && step.pivot) break;
    const canUndo = 'commit' in step ? i < failedAt && step.uncommit !== undefined : step.undo !== undefined;
    if (canUndo) result.push(i);
  }
  return result;
}
