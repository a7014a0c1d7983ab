import { GantryError } from '../../base/index.ts';
import { Job, keys, validate } from '../../model/index.ts';
import { storeLimits } from '../../store/index.ts';
import { cancelled, failed } from '../record/job-changes.ts';
import { currentOp, isEnded } from '../record/job-record.ts';
import { jobTime } from '../record/job-time.ts';

/**
 * The content of a store with its unfinished jobs ended: after a backup was restored they must not run. Their objects have
 * changed since the backup was made.
 */
export function endUnfinishedJobs(content: ReadonlyMap<string, string>, nowMs: number): Map<string, string> {
  const result = new Map(content);
  for (const [key, value] of content) {
    if (!key.startsWith(keys.jobs)) continue;
    const job = readJob(key, value);
    if (isEnded(job)) continue;
    const error = new GantryError('JOB_OF_BACKUP', { job: job.id }).toReport();
    const preceding = new GantryError('JOB_PRECEDING_FAILED').toReport();
    const at = jobTime(nowMs);
    const ended = JSON.stringify(failed(currentOp(job), error, preceding, at)(job));
    const fits = Buffer.byteLength(ended) <= storeLimits.valueBytes;
    result.set(key, fits ? ended : JSON.stringify(cancelled(error.what, at)(withoutSteps(job))));
  }
  return result;
}

/** Without what only its next master would have needed: a value of the store has a limit. */
const withoutSteps = (job: Job): Job => ({ ...job, ops: job.ops.map(({ execution: _, ...op }) => ({ ...op, log: [] })) });

/** @throws STORE_OBJECT_CORRUPT */
function readJob(key: string, value: string): Job {
  try {
    return validate(Job, JSON.parse(value), 'job');
  } catch (error) {
    throw new GantryError('STORE_OBJECT_CORRUPT', { key, problem: (error as Error).message }, { cause: error });
  }
}
