import { GantryError } from '../../base/index.ts';
import { type Job, jobStatus } from '../../model/index.ts';
import type { JobRecord } from '../record/job-record.ts';
import { jobTimeMs } from '../record/job-time.ts';
import type { Scheduler } from './scheduler.ts';

/** Moves an ended job to the archive. @throws JOB_NOT_FINISHED */
export async function archiveJob({ host, jobs, archiving }: Scheduler, record: JobRecord): Promise<void> {
  if (record.phase !== 'ended') throw new GantryError('JOB_NOT_FINISHED', { job: record.id, status: jobStatus(record.job) });
  const known = archiving.get(record);
  if (known) return known;
  const moving = host.writer.archive(record).then(() => void jobs.delete(record.id));
  archiving.set(record, moving);
  await moving.finally(() => archiving.delete(record));
}

/** Archives jobs that ended more than `ageSeconds` ago; returns how many. */
export async function archiveOlder(scheduler: Scheduler, ageSeconds: number, which: (job: Job) => boolean = () => true): Promise<number> {
  const before = scheduler.host.clock.now() - ageSeconds * 1000;
  const old = [...scheduler.jobs.values()].filter(
    ({ phase, job }) => phase === 'ended' && job.end_ts && jobTimeMs(job.end_ts) <= before && which(job),
  );
  await Promise.all(old.map((record) => archiveJob(scheduler, record)));
  return old.length;
}
