import { GantryError } from '../../base/index.ts';
import type { JobQueue } from '../../jobs/index.ts';
import { type Job, type JobStatus, jobStatus } from '../../model/index.ts';

const ended: readonly JobStatus[] = ['success', 'error', 'canceled'];

/** Waits until a job has ended. @throws its error, if it has one; CANCELLED when it was cancelled */
export async function jobEnd(jobs: JobQueue, id: number, signal?: AbortSignal): Promise<Job> {
  let job = await jobs.get(id);
  while (job && !ended.includes(jobStatus(job))) {
    const change = await jobs.waitForChange(id, { status: jobStatus(job), timeoutMs: 30_000, ...(signal && { signal }) });
    job = change?.job ?? job;
  }
  if (!job) throw new GantryError('INTERNAL', { detail: `job ${id} vanished while it was waited for` });
  if (jobStatus(job) === 'success') return job;
  const failed = job.ops.find((op) => op.status === 'error')?.result as
    | { error?: Parameters<typeof GantryError.fromReport>[0] }
    | undefined;
  throw failed?.error ? GantryError.fromReport(failed.error) : new GantryError('CANCELLED', { subject: `job ${id}` });
}
