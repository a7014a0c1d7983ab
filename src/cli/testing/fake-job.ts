import type { StepReply } from '../connect/cluster-client.ts';
import type { LogLine } from '../connect/job-reply.ts';
import type { FakeCluster, SeenRequest } from './fake-cluster.ts';

/** Fields of a job as the REST API names them. */
export type JobFields = Readonly<Record<string, unknown>> & { readonly oplog: readonly (readonly LogLine[])[] };

/** What `GET /2/jobs/<id>/wait` answers: the values of the fields asked for, and the log behind the serial that is known. */
export function jobWait(request: SeenRequest, job: JobFields, progress: StepReply | null = null, waitingFor: readonly string[] = []) {
  const query = new URL(request.path, 'https://any').searchParams;
  const serial = Number(query.get('previous_log_serial') ?? 0);
  return {
    job_info: (query.get('fields') ?? '').split(',').map((name) => job[name] ?? null),
    log_entries: job.oplog.flat().filter((line) => line[0] > serial),
    progress,
    waiting_for: waitingFor,
  };
}

/** One moment in the life of a job. */
export interface Moment {
  readonly status: string;
  readonly progress?: StepReply;
  readonly waitingFor?: readonly string[];
  readonly log?: readonly string[];
}

/**
 * A job that lives through these moments, one for each time it is waited for; the next begins when `go` resolves (at once
 * without it). `end` has what differs from a job that ended well with no result.
 */
export function scriptJob(
  cluster: FakeCluster,
  id: number,
  moments: readonly Moment[],
  { end = {}, go }: { end?: Readonly<Record<string, unknown>>; go?: (moment: number) => Promise<void> } = {},
): void {
  let now = -1;
  const log: LogLine[] = [];
  cluster.on(`GET /2/jobs/${id}/wait`, async (request) => {
    if (request.path.includes('opresult')) return jobWait(request, jobAt('success', end));
    now = Math.min(now + 1, moments.length - 1);
    await go?.(now);
    const { status, progress, waitingFor, log: texts = [] } = moments[now] ?? { status: 'success' };
    for (const text of texts) log.push([log.length + 1, [1_795_000_000, 0], 'message', text]);
    return jobWait(request, jobAt(status, {}), progress ?? null, waitingFor ?? []);
  });

  function jobAt(status: string, more: Readonly<Record<string, unknown>>): JobFields {
    const times = { received_ts: [1_795_000_000, 0], start_ts: [1_795_000_000, 0], end_ts: [1_795_000_004, 500_000] };
    const ops = [{ OP_ID: 'OP_INSTANCE_STARTUP' }];
    return {
      id,
      status,
      summary: ['INSTANCE_STARTUP(web1)'],
      ops,
      opstatus: [status],
      opresult: [null],
      operror: [null],
      ...times,
      ...more,
      oplog: [log],
    };
  }
}
