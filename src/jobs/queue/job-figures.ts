import { type JobStatus, jobStatus } from '../../model/index.ts';
import type { JobFigures, WaitsFor } from '../metrics/job-metrics.ts';
import { currentOp, type Phase } from '../record/job-record.ts';
import { placesTaken, type Scheduler } from './scheduler.ts';

const reasons: Partial<Record<Phase, WaitsFor>> = { depends: 'jobs', ready: 'turn', locks: 'locks', granted: 'place' };

/** How many jobs there are now, by what they do. It looks at every job that is not archived. */
export function jobFigures(scheduler: Scheduler): JobFigures {
  const statuses = new Map<JobStatus, number>();
  const waiting = new Map<WaitsFor, number>();
  let oldest = Infinity;
  for (const { job, phase } of scheduler.jobs.values()) {
    const status = jobStatus(job);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    const reason = reasons[phase];
    if (reason === undefined) continue;
    waiting.set(reason, (waiting.get(reason) ?? 0) + 1);
    // A job that waits between two of its opcodes has begun; it is not the queue that keeps it.
    if (currentOp(job) === 0) oldest = Math.min(oldest, job.received_ts[0] + job.received_ts[1] / 1e6);
  }
  const { host, locks } = scheduler;
  const rows = locks.rows();
  return {
    statuses,
    waiting,
    oldestWaitingSeconds: oldest === Infinity ? 0 : Math.max(0, host.clock.now() / 1000 - oldest),
    places: placesTaken(scheduler),
    placesLimit: host.config.current.cluster.max_running_jobs,
    locksHeld: rows.length,
    lockRequests: rows.reduce((count, { pending }) => count + pending.length, 0),
  };
}
