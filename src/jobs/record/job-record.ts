import type { Job, JobOp } from '../../model/index.ts';
import type { StepProgress } from '../job-queue.ts';
import { hasEnded } from './job-changes.ts';

/**
 * Where a job stands in the scheduler; the status that people see is in the job itself.
 * `depends`: waits for other jobs; `ready`: may ask for its locks; `locks`: has asked; `granted`: holds them and waits
 * for a free place; `running`; `leaving`: being cancelled; `ended`.
 */
export type Phase = 'depends' | 'ready' | 'locks' | 'granted' | 'running' | 'leaving' | 'ended';

/** A job in memory. */
export interface JobRecord {
  readonly id: number;
  /** As it is shown: what is durable, and the passing states `waiting` and `running`. */
  job: Job;
  /** Revision of its last write. */
  revision: number;
  phase: Phase;
  progress: StepProgress | null;
  /** Jobs that wait for this one to end. */
  readonly dependents: Set<JobRecord>;
  /** Called after each change. */
  readonly watchers: Set<() => void>;
  /** The previous master had begun its present opcode. */
  resumed: boolean;
  /** End the plan that is made, or the step that runs; tell its steps to hurry. There while somebody may listen. */
  planning: Pick<AbortController, 'abort'> | undefined;
  stepCancel: AbortController | undefined;
  hurry: AbortController | undefined;
}

export function newRecord(job: Job, revision: number): JobRecord {
  const resumed = job.ops.some((op) => !hasEnded(op) && op.execution !== undefined);
  const phase = isEnded(job) ? 'ended' : 'ready';
  return {
    id: job.id,
    job,
    revision,
    phase,
    progress: null,
    dependents: new Set(),
    watchers: new Set(),
    resumed,
    planning: undefined,
    stepCancel: undefined,
    hurry: undefined,
  };
}

export function isEnded(job: Job): boolean {
  return job.ops.every(hasEnded);
}

/** Index of the opcode that is running or comes next; -1 when all have ended. */
export function currentOp(job: Job): number {
  return job.ops.findIndex((op: JobOp) => !hasEnded(op));
}

export function notify(record: JobRecord): void {
  if (record.watchers.size === 0) return;
  for (const watcher of [...record.watchers]) watcher();
}

/** Shows a temporary state that is not written to the store: the next master sets it again anyway. */
export function show(record: JobRecord, change: (job: Job) => Job): void {
  record.job = change(record.job);
  notify(record);
}
