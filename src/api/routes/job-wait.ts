import { isDeepStrictEqual } from 'node:util';
import { GantryError } from '../../base/index.ts';
import type { JobChange } from '../../jobs/index.ts';
import { type Job, jobStatus, type LogEntry } from '../../model/index.ts';
import { jobKind, toPlain } from '../../query/index.ts';
import type { ApiContext } from '../api-options.ts';
import { wholeView } from './resource-routes.ts';

export interface WaitRequest {
  readonly fields: readonly string[];
  /** Values of the fields as the client knows them; null: none. */
  readonly previous: readonly unknown[] | null;
  /** Highest serial of the log that the client has; null: none. */
  readonly serial: number | null;
  /** Also return on progress of the running step, and when what the job waits for changes. */
  readonly progress: boolean;
  /** What an earlier reply had as `seen`: steps and reasons to wait that came between two calls are told at once. */
  readonly seen?: string | undefined;
}

export interface WaitReply {
  readonly job_info: readonly unknown[];
  readonly log_entries: readonly LogEntry[];
  readonly progress?: JobChange['progress'];
  readonly waiting_for?: JobChange['waitingFor'];
  /** Stands for this step and these reasons; for the next call. */
  readonly seen?: string;
}

const seenOf = ({ progress, waitingFor }: Pick<JobChange, 'progress' | 'waitingFor'>): string =>
  JSON.stringify([progress?.index ?? null, progress?.step ?? null, ...waitingFor]);

/** Values of fields of a job, as lists show them. @throws API_QUERY_FAILED for an unknown field */
export function jobValues(job: Job, names: readonly string[], context: ApiContext): unknown[] {
  return names.map((name) => {
    const found = jobKind.byName.get(name);
    if (!found) throw new GantryError('API_QUERY_FAILED', { problem: `Unknown job field '${name}'` });
    return toPlain(found.get(job, wholeView(context)));
  });
}

/** Log entries of all opcodes after a serial, in their order. */
function newEntries(job: Job, serial: number | null): LogEntry[] {
  return job.ops
    .flatMap((op) => op.log)
    .filter(([one]) => one > (serial ?? 0))
    .sort(([left], [right]) => left - right);
}

const final = new Set(['success', 'error', 'canceled']);
/** The queue is looked at this often even if it reports nothing: a field may change without status or log. */
const lookEveryMs = 1000;

/**
 * Waits until a job differs from what the client knows, or the time is over.
 * @returns undefined when nothing changed
 * @throws JOB_UNKNOWN from the queue, API_OBJECT_UNKNOWN
 */
export async function waitForJob(
  id: number,
  request: WaitRequest,
  context: ApiContext,
  signal: AbortSignal,
): Promise<WaitReply | undefined> {
  const { jobs, clock } = context.services;
  const until = clock.now() + context.limits.waitMs;
  for (let change: JobChange | undefined; ; ) {
    const now = change ?? (await jobs.look(id));
    const job = now?.job;
    if (!job) throw new GantryError('API_OBJECT_UNKNOWN', { object: 'job', name: String(id) });
    const values = jobValues(job, request.fields, context);
    const entries = newEntries(job, request.serial);
    const seen = seenOf(now);
    const moved = request.progress && (change !== undefined || (request.seen !== undefined && request.seen !== seen));
    if (!isDeepStrictEqual(values, request.previous) || entries.length > 0 || moved) {
      const extra = request.progress ? { progress: now.progress, waiting_for: now.waitingFor, seen } : {};
      return { job_info: values, log_entries: entries, ...extra };
    }
    const left = until - clock.now();
    if (left <= 0 || signal.aborted || final.has(jobStatus(job))) return undefined;
    const serial = Math.max(request.serial ?? 0, 0);
    const timeoutMs = Math.min(left, lookEveryMs);
    const options = { status: jobStatus(job), logSerial: serial, progress: request.progress, timeoutMs, signal };
    change = await jobs.waitForChange(id, options);
  }
}
