import type { ClientConfig } from './client-config.ts';
import { createHttpClient, type HttpClient } from './http-client.ts';
import { type JobReply, jobFromReply } from './job-reply.ts';

export type Row = Readonly<Record<string, unknown>>;
export type ListedKind = 'instances' | 'nodes' | 'groups' | 'jobs';

/** A change of a job, as the long poll tells it. */
export interface JobUpdate {
  readonly job: JobReply;
  readonly progress: {
    readonly step: string;
    readonly index: number;
    readonly count: number;
    readonly fraction: number | null;
    readonly text: string;
  } | null;
  readonly waitingFor: readonly string[];
}

/** The REST API, one function for each request that commands make. */
export interface ClusterClient {
  readonly http: HttpClient;
  info(): Promise<Row>;
  list(kind: ListedKind): Promise<readonly Row[]>;
  names(kind: ListedKind): Promise<readonly string[]>;
  one(kind: ListedKind, name: string): Promise<Row>;
  /** Submits a job and returns its number. */
  submit(ops: readonly Row[]): Promise<number>;
  job(id: number): Promise<JobReply>;
  /** The job as soon as it differs from what is known of it, or undefined when the time is over first. */
  waitForJob(
    id: number,
    known: { status?: string; logSerial: number; seconds: number },
    signal?: AbortSignal,
  ): Promise<JobUpdate | undefined>;
  close(): void;
}

export function createClusterClient(config: ClientConfig): ClusterClient {
  const http = createHttpClient(config);
  const get = (path: string, query?: Record<string, string | number>) => http.request('GET', path, query ? { query } : {});
  return {
    http,
    info: async () => (await get('/2/info')) as Row,
    list: async (kind) => (await get(`/2/${kind}`, { bulk: 1 })) as Row[],
    names: async (kind) => ((await get(`/2/${kind}`)) as { id: string | number }[]).map(({ id }) => String(id)),
    one: async (kind, name) => (await get(`/2/${kind}/${encodeURIComponent(name)}`)) as Row,
    submit: async (ops) => Number(await http.request('POST', '/2/jobs', { body: { ops } })),
    job: async (id) => jobFromReply(await get(`/2/jobs/${id}`)),
    waitForJob: async (id, known, signal) => {
      const query = { status: known.status, log_serial: known.logSerial, progress: 1, timeout: known.seconds };
      const options = { query, timeoutMs: (known.seconds + 15) * 1000, ...(signal ? { signal } : {}) };
      return jobUpdate(await http.request('GET', `/2/jobs/${id}/wait`, options));
    },
    close: () => http.close(),
  };
}

function jobUpdate(reply: unknown): JobUpdate | undefined {
  if (typeof reply !== 'object' || reply === null) return undefined;
  const { job, progress, waiting_for } = reply as { job: unknown; progress?: JobUpdate['progress']; waiting_for?: string[] };
  return { job: jobFromReply(job), progress: progress ?? null, waitingFor: waiting_for ?? [] };
}
