import { type Static, Type } from 'typebox';
import type { JobOp } from '../../model/index.ts';

export const StepTime = Type.Object({ step: Type.String(), title: Type.String(), seconds: Type.Number() });
export type StepTime = Static<typeof StepTime>;

/** How long each finished step of an opcode took: from the end of the step before it, the first one from when it had its locks. */
export function stepTimes({
  exec_ts,
  execution,
  steps = execution?.outcomes ?? [],
}: Pick<JobOp, 'exec_ts' | 'execution' | 'steps'>): StepTime[] {
  let before = exec_ts === null ? undefined : exec_ts[0] + exec_ts[1] / 1e6;
  return steps.map(({ step, title = step.replaceAll('-', ' '), at }) => {
    // The clock of a master may have been set back, or that of the next master may be another one.
    const seconds = Math.max(0, Math.round((at - (before ?? at)) * 1000) / 1000);
    before = at;
    return { step, title, seconds };
  });
}
