import { type Clock, GantryError } from '../../base/index.ts';
import { jobStatus } from '../../model/index.ts';
import type { JobChange, WaitOptions } from '../job-queue.ts';
import { lastSerial } from '../record/job-changes.ts';
import { isEnded, type JobRecord } from '../record/job-record.ts';
import { whenAborted } from '../saga/when-aborted.ts';

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
  const wait = Promise.withResolvers<JobChange | undefined>();
  const watcher = () => {
    if (happened()) wait.resolve(describe(record));
  };
  const cancelled = () => wait.reject(new GantryError('CANCELLED', { subject: `Waiting for job ${record.id}` }));
  if (options.signal?.aborted) cancelled();
  record.watchers.add(watcher);
  options.signal?.addEventListener('abort', cancelled, { once: true });
  const forget = whenAborted(parts.signal, () => wait.reject(parts.signal.reason));
  const over = new AbortController();
  parts.clock.sleep(options.timeoutMs, over.signal).then(() => wait.resolve(undefined), wait.reject);
  try {
    const change = await wait.promise;
    // Whoever is told of the end of an opcode finds it ended: what the queue does at that end comes first.
    if (change) await new Promise(setImmediate);
    return change;
  } finally {
    record.watchers.delete(watcher);
    options.signal?.removeEventListener('abort', cancelled);
    forget();
    // With our own reason: creating the default one costs more than everything else here.
    over.abort('over');
  }
}
