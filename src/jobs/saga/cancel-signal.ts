import { GantryError } from '../../base/index.ts';
import type { JobRecord } from '../record/job-record.ts';

/** A request to cancel is in the job itself, so that the next master finds it, too. */
export function isCanceling(record: JobRecord, index: number): boolean {
  return record.job.ops[index]?.status === 'canceling';
}

export const canceledError = (record: JobRecord): GantryError => new GantryError('CANCELLED', { subject: `Job ${record.id}` });

/** The making of a plan, which is given up when the job is cancelled or the queue stops. */
export interface Planning {
  /** Tells it to the plan itself; made only for plans that look at it, as most do not. */
  readonly signal: AbortSignal;
  /** Resolves as the plan does, or rejects when it is given up; its result is ignored then. */
  until<T>(plan: Promise<T>): Promise<T>;
}

export function beginPlanning(record: JobRecord): Planning {
  const given = Promise.withResolvers<never>();
  given.promise.catch(() => undefined);
  let told: AbortController | undefined;
  let reason: { readonly value: unknown } | undefined;
  record.planning = {
    abort(value) {
      reason ??= { value };
      told?.abort(value);
      given.reject(value);
    },
  };
  return {
    get signal() {
      told ??= new AbortController();
      if (reason) told.abort(reason.value);
      return told.signal;
    },
    until: (plan) => Promise.race([plan, given.promise]),
  };
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
