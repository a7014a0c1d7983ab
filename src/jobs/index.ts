export type { JobChange, JobQueue, OpInput, StepProgress, WaitOptions } from './job-queue.ts';
export { JobMetrics, jobFamilies } from './metrics/job-metrics.ts';
export { createJobQueue, type JobQueueOptions } from './queue/create-job-queue.ts';
export { endUnfinishedJobs } from './queue/end-unfinished.ts';
export type { Once } from './queue/known-submissions.ts';
export { ownJobPort } from './queue/own-job-port.ts';
export {
  type CommitStep,
  defineOperation,
  type Operation,
  type OperationOf,
  type Outcomes,
  type PlanContext,
  type Step,
  type StepContext,
  type WorldStep,
} from './saga/operation.ts';
export type { UndoRetry } from './saga/saga-host.ts';
