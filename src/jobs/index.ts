export type { JobChange, JobQueue, LockRow, OpInput, StepProgress, WaitOptions } from './job-queue.ts';
export {
  type CommitStep,
  defineOperation,
  type Operation,
  type Outcomes,
  type PlanContext,
  type Step,
  type StepContext,
  type WorldStep,
} from './operation.ts';
