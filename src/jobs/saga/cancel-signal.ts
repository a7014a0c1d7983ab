import { GantryError } from '../../base/index.ts';
import type { JobRecord } from '../record/job-record.ts';

/** A request to cancel is in the job itself, so that the next master finds it, too. */
export function isCanceling(record: JobRecord, index: number): boolean {
  return record.job.ops[index]?.status === 'canceling';
}

export const canceledError = (record: JobRecord): GantryError => new GantryError('CANCELLED', { subject: `Job ${record.id}` });

/** The making of a plan, which is given up when the job is cancelled or the queue stops. */
export class Planning {
  #told: AbortController | undefined;
  #reason: { readonly value: unknown } | undefined;
  #giveUp: ((reason: unknown) => void) | undefined;

  /** Tells it to the plan itself; made only for plans that look at it, as most do not. */
  get signal(): AbortSignal {
    this.#told ??= new AbortController();
    if (this.#reason) this.#told.abort(this.#reason.value);
    return this.#told.signal;
  }

  abort(value: unknown): void {
    this.#reason ??= { value };
    this.#told?.abort(value);
    this.#giveUp?.(value);
  }

  /** Resolves as the plan does, or rejects when it is given up; its result is ignored then. */
  until<T>(plan: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#reason) reject(this.#reason.value);
      this.#giveUp = reject;
      plan.then(resolve, reject);
    });
  }
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
