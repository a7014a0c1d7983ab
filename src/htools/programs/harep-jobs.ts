import { GantryError } from '../../base/index.ts';
import type { Job, JobOrigin, JobPort } from '../../execution/index.ts';
import { followJobs, isUnfinished, submitJobs } from '../../execution/index.ts';

export const originOf = (reason: string | undefined): JobOrigin => ({ program: 'harep', comment: 'automated repairs by harep', reason });

/** How the jobs of a repair ended; undefined: not all have. @throws HAREP_JOB_GONE */
export async function repairResult(queue: JobPort, jobs: readonly number[]): Promise<'success' | 'failure' | undefined> {
  const states = await queue.states(jobs);
  const gone = states.indexOf(undefined);
  if (gone >= 0) throw new GantryError('HAREP_JOB_GONE', { job: jobs[gone] ?? null });
  if (states.some(isUnfinished)) return undefined;
  return states.every((status) => status === 'success') ? 'success' : 'failure';
}

/** Submits one job and waits for its end. @throws HTOOLS_JOB_REFUSED, HTOOLS_JOBS_LOST, HAREP_JOB_FAILED */
export async function runJob(queue: JobPort, job: Job, origin: JobOrigin): Promise<void> {
  const jobs = await submitJobs(queue, [job], origin);
  const states = await followJobs(queue, jobs, origin.program);
  if (states.every((status) => status === 'success')) return;
  throw new GantryError('HAREP_JOB_FAILED', { jobs: jobs.map((number, k) => `${number}=>${states[k]}`).join(', ') });
}
