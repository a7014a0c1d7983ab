export { createJobQueue, type JobQueueOptions } from './create-job-queue.ts';
export { endUnfinishedJobs } from './end-unfinished.ts';
export { ganetiOpresult } from './ganeti-opresult.ts';
export type { JobChange, JobQueue, LockRow, OpInput, StepProgress, WaitOptions } from './job-queue.ts';
export type { Once } from './known-submissions.ts';
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
export type { UndoRetry } from './saga-host.ts';
