import type { Job } from '../../model/index.ts';
import { type JobChange, withOp } from './job-changes.ts';

/** Numbers of the jobs that a step of an opcode has submitted. */
export function childrenOf(job: Job, index: number, step: string): readonly number[] {
  return job.ops[index]?.children?.find((each) => each.step === step)?.jobs ?? [];
}

/** A step has submitted more jobs. */
export const withChildren = (index: number, step: string, jobs: readonly number[]): JobChange =>
  withOp(index, ({ children = [], ...op }) => {
    const before = children.find((each) => each.step === step)?.jobs ?? [];
    return { ...op, children: [...children.filter((each) => each.step !== step), { step, jobs: [...before, ...jobs] }] };
  });
