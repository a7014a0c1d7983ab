import type { JobQueue } from '../../../jobs/index.ts';

/** Names (lower case) and UUIDs of the instances that an unfinished job names. */
export function busyInstances(jobs: Pick<JobQueue, 'list'>): ReadonlySet<string> {
  const names = jobs.list().flatMap((job) => job.ops.filter((op) => op.end_ts === null).map((op) => op.input['instance_name']));
  return new Set(names.filter((name) => typeof name === 'string').map((name) => name.toLowerCase()));
}
