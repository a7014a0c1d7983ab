import { randomUUID } from 'node:crypto';
import { GantryError, systemClock } from '../../base/index.ts';
import type { HttpClient } from './http-client.ts';
import { ReportedError } from './reported-error.ts';

/** Milliseconds before each repetition: enough for another master to take over. */
const pauses: readonly number[] = [500, 1000, 2000, 4000, 8000];

/** Of a connection that did not come about it is known that nothing was sent. */
const unsent = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);

/**
 * Submits a job and returns its number. When the answer is lost, it is sent again under the same key, so that it is one job
 * whatever had arrived.
 * @throws the last error
 */
export async function submitOnce(http: HttpClient, ops: readonly object[], sleep = systemClock.sleep): Promise<number> {
  const headers = { 'idempotency-key': randomUUID() };
  let isLost = false;
  for (const pause of [...pauses, undefined]) {
    try {
      return Number(await http.request('POST', '/2/jobs', { body: { ops }, headers }));
    } catch (error) {
      isLost ||= mayHaveArrived(error);
      if (pause === undefined || !isLost || !mayPass(error)) throw error;
      await sleep(pause);
    }
  }
  throw new Error('unreachable');
}

/** Whether the master may have taken the job although this is the answer. */
function mayHaveArrived(error: unknown): boolean {
  if (error instanceof ReportedError) return error.status === 502 || error.status === 504 || error.report.code === 'QUEUE_STOPPED';
  if (!(error instanceof GantryError)) return false;
  if (error.code === 'TIMED_OUT') return true;
  return error.code === 'CLI_CLUSTER_UNREACHABLE' && !unsent.has(String((error.cause as NodeJS.ErrnoException | undefined)?.code));
}

/** Whether another attempt may end otherwise. */
function mayPass(error: unknown): boolean {
  if (error instanceof ReportedError) return error.status !== undefined && error.status >= 500;
  return error instanceof GantryError && (error.code === 'TIMED_OUT' || error.code === 'CLI_CLUSTER_UNREACHABLE');
}
