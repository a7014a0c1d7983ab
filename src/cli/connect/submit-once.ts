import { randomUUID } from 'node:crypto';
import { GantryError, mayHaveBeenSent, repeatLost, systemClock } from '../../base/index.ts';
import type { HttpClient } from './http-client.ts';
import { ReportedError } from './reported-error.ts';

/**
 * Submits a job and returns its number. When the answer is lost, it is sent again under the same key, so that it is one job
 * whatever had arrived.
 * @throws the last error
 */
export async function submitOnce(http: HttpClient, ops: readonly object[], sleep = systemClock.sleep): Promise<number> {
  const headers = { 'idempotency-key': randomUUID() };
  const send = () =>
    http.request('POST', '/2/jobs', { body: { ops }, headers }).then(
      (job) => ({ job: Number(job) }),
      (error: unknown) => ({ error }),
    );
  const judge = (answer: object) =>
    'error' in answer ? { mayHaveArrived: mayHaveArrived(answer.error), mayPass: mayPass(answer.error) } : undefined;
  const { answer } = await repeatLost(send, judge, sleep);
  if ('error' in answer) throw answer.error;
  return answer.job;
}

/** Whether the master may have taken the job although this is the answer. */
function mayHaveArrived(error: unknown): boolean {
  if (error instanceof ReportedError) return error.status === 502 || error.status === 504 || error.report.code === 'QUEUE_STOPPED';
  if (!(error instanceof GantryError)) return false;
  if (error.code === 'TIMED_OUT') return true;
  return error.code === 'CLI_CLUSTER_UNREACHABLE' && mayHaveBeenSent(error.cause);
}

/** Whether another attempt may end otherwise. */
function mayPass(error: unknown): boolean {
  if (error instanceof ReportedError) return error.status !== undefined && error.status >= 500;
  return error instanceof GantryError && (error.code === 'TIMED_OUT' || error.code === 'CLI_CLUSTER_UNREACHABLE');
}
