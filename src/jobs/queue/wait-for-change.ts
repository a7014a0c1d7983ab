import { type Clock, GantryError } from '../../base/index.ts';
import { jobStatus } from '../../model/index.ts';
import type { JobChange, WaitOptions } from '../job-queue.ts';
import { lastSerial } from '../record/job-changes.ts';
import { isEnded, type JobRecord } from '../record/job-record.ts';

export interface WaitParts {
  readonly clock: Clock;
  /** Aborted when the queue stops. */
  readonly signal: AbortSignal;
  readonly describe: (record: JobRecord) => JobChange;
}

/**
 * Waits until something that was asked for has happened to the job. An ended job answers at once: nothing will happen
 * to it any more. With neither `status` nor `logSerial` any change counts that comes after the call.
 * @throws CANCELLED, QUEUE_STOPPED
 */
export async function waitForChange(parts: WaitParts, record: JobRecord, options: WaitOptions): Promise<JobChange | undefined> {
  const { describe } = parts;
  const before = options.progress ? { progress: record.progress, waitingFor: describe(record).waitingFor.join() } : undefined;
  const job = record.job;
  const happened = () =>
    isEnded(record.job) ||
    (options.status !== undefined && jobStatus(record.job) !== options.status) ||
    (options.logSerial !== undefined && lastSerial(record.job) > options.logSerial) ||
    (options.status === undefined && options.logSerial === undefined && record.job !== job) ||
    (before !== undefined && (record.progress !== before.progress || describe(record).waitingFor.join() !== before.waitingFor));
  if (happened()) return describe(record);
  const over = new AbortController();
  const signals = [over.signal, parts.signal, ...(options.signal ? [options.signal] : [])];
  const change = new Promise<JobChange>((resolve) => {
    const watcher = () => {
      if (happened()) resolve(describe(record));
    };
    record.watchers.add(watcher);
    over.signal.addEventListener('abort', () => record.watchers.delete(watcher), { once: true });
  });
  try {
    const timer = parts.clock.sleep(options.timeoutMs, AbortSignal.any(signals)).then(() => undefined);
    return await Promise.race([change, timer]);
  } catch (error) {
    if (options.signal?.aborted) throw new GantryError('CANCELLED', { subject: `Waiting for job ${record.id}` });
    throw parts.signal.aborted ? parts.signal.reason : error;
  } finally {
    // With our own reason: creating the default one costs more than everything else here.
    over.abort('over');
  }
}
