import { GantryError } from '../../base/index.ts';
import type { JobRecord } from '../record/job-record.ts';

/** A request to cancel is in the job itself, so that the next master finds it, too. */
export function isCanceling(record: JobRecord, index: number): boolean {
  return record.job.ops[index]?.status === 'canceling';
}

export const canceledError = (record: JobRecord): GantryError => new GantryError('CANCELLED', { subject: `Job ${record.id}` });

/** What is told to a plan that is made: it ends early when the job is cancelled or the queue stops. */
export function planningSignal(record: JobRecord): AbortSignal {
  record.planning = new AbortController();
  return record.planning.signal;
}

/** What is told to the running step when its job is cancelled. A step that must not be interrupted is never told. */
export function cancelSignal(record: JobRecord, index: number, isCancellable: boolean): AbortSignal {
  if (!isCancellable) return never;
  record.stepCancel ??= new AbortController();
  if (isCanceling(record, index)) record.stepCancel.abort(canceledError(record));
  return record.stepCancel.signal;
}

/** What is told to the steps of an opcode when a job waits for it that may overtake it. */
export function hurrySignal(record: JobRecord): AbortSignal {
  record.hurry ??= new AbortController();
  return record.hurry.signal;
}

const never = new AbortController().signal;
