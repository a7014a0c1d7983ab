import { GantryError, type Json } from '../../base/index.ts';
import type { ClientConfig } from './client-config.ts';
import { createHttpClient, type HttpClient } from './http-client.ts';
import { type JobReply, jobFromReply, type LogLine } from './job-reply.ts';
import { submitOnce } from './submit-once.ts';

export type Row = Readonly<Record<string, unknown>>;
export type ListedKind = 'instances' | 'nodes' | 'groups' | 'networks' | 'jobs';

/** A change of a job, as the long poll tells it. */
export interface JobUpdate {
  readonly id: number;
  readonly status: string;
  /** What the next wait compares with. */
  readonly known: readonly unknown[];
  /** Log entries that are new. */
  readonly log: readonly LogLine[];
  readonly progress: StepReply | null;
  /** What the job waits for, in words. */
  readonly waitingFor: readonly string[];
  /** For the next wait: step and reasons that this update told. */
  readonly seen: string | undefined;
}

/** The step that runs, number `index` of `count`. */
export interface StepReply {
  readonly step: string;
  readonly index: number;
  readonly count: number;
  readonly fraction: number | null;
  readonly text: string;
}

/** The REST API, one function for each request that commands make. */
export interface ClusterClient {
  readonly http: HttpClient;
  info(): Promise<Row>;
  list(kind: ListedKind): Promise<readonly Row[]>;
  names(kind: ListedKind): Promise<readonly string[]>;
  one(kind: ListedKind, name: string): Promise<Row>;
  /** The names of those that pass a filter of Ganeti's query language. */
  passing(kind: ListedKind, filter: Json): Promise<ReadonlySet<string>>;
  /** Chosen fields of the objects that pass a filter (null: all); a field that does not exist is left out. */
  query(kind: ListedKind, fields: readonly string[], filter: Json): Promise<readonly Row[]>;
  /** Submits a job and returns its number. It is one job although an answer is lost. */
  submit(ops: readonly Row[]): Promise<number>;
  job(id: number): Promise<JobReply>;
  /**
   * The job as soon as it differs from what is known of it (nothing: at once), or undefined when the cluster answers that
   * nothing has happened for a while.
   */
  waitForJob(
    id: number,
    known: { values: readonly unknown[] | null; logSerial: number; seen?: string | undefined },
  ): Promise<JobUpdate | undefined>;
  close(): void;
}

export function createClusterClient(config: ClientConfig): ClusterClient {
  const http = createHttpClient(config);
  const get = (path: string, query?: Record<string, string | number>) => http.request('GET', path, query ? { query } : {});
  const query: ClusterClient['query'] = async (kind, fields, qfilter) => {
    const reply = await http.request('PUT', `/2/query/${kind.slice(0, -1)}`, { body: { fields, qfilter } });
    return (reply as QueryReply).data.map((cells) => rowOf(fields, cells));
  };
  return {
    http,
    query,
    passing: async (kind, filter) => {
      const key = kind === 'jobs' ? 'id' : 'name';
      return new Set((await query(kind, [key], filter)).map((row) => String(row[key])));
    },
    info: async () => (await get('/2/info')) as Row,
    list: async (kind) => (await get(`/2/${kind}`, { bulk: 1 })) as Row[],
    names: async (kind) => namesInList(await get(`/2/${kind}`)),
    one: async (kind, name) => {
      const row = (await get(`/2/${kind}/${encodeURIComponent(name)}`)) as Row;
      // As in Ganeti, the page of a job that does not exist has null in every field.
      if (kind === 'jobs' && row['status'] === null) throw new GantryError('JOB_UNKNOWN', { job: name });
      return row;
    },
    submit: (ops) => submitOnce(http, ops),
    job: async (id) => {
      const reply = (await get(`/2/jobs/${id}/wait`, { fields: jobFields.join(',') })) as WaitReply;
      const values = Object.fromEntries(jobFields.map((name, index) => [name, reply.job_info[index]]));
      return jobFromReply(values);
    },
    waitForJob: async (id, { values, logSerial, seen }) => {
      const query = {
        fields: watchedFields.join(','),
        ...(values ? { previous_job_info: JSON.stringify(values) } : {}),
        previous_log_serial: logSerial,
        progress: 1,
        ...(seen === undefined ? {} : { seen }),
      };
      const reply = await http.request('GET', `/2/jobs/${id}/wait`, { query, timeoutMs: waitTimeoutMs });
      return reply === null ? undefined : jobUpdate(id, reply as WaitReply);
    },
    close: () => http.close(),
  };
}

/** Names in the short form of a list: Ganeti calls them `name` for groups and networks, `id` for the others. */
export function namesInList(reply: unknown): string[] {
  return (reply as { id?: string | number; name?: string }[]).map(({ id, name }) => String(name ?? id));
}

/** Answer of `PUT /2/query/<kind>`: of each object the cells, pairs of state (0: as it should be) and value. */
interface QueryReply {
  readonly data: readonly (readonly (readonly [state: number, value: unknown])[])[];
}

/** The state of a field that does not exist. */
const unknownState = 1;

function rowOf(fields: readonly string[], cells: QueryReply['data'][number]): Row {
  const known = fields.flatMap((name, index) => {
    const [state = unknownState, value = null] = cells[index] ?? [];
    return state === unknownState ? [] : [[name, value] as const];
  });
  return Object.fromEntries(known);
}

/** Answer of `GET /2/jobs/<id>/wait`: the values of the fields that were asked for. */
interface WaitReply {
  readonly job_info: readonly unknown[];
  readonly log_entries: readonly LogLine[];
  readonly progress?: StepReply | null;
  readonly waiting_for?: readonly string[];
  readonly seen?: string;
}

/** The cluster answers sooner; this is for one that hangs. */
const waitTimeoutMs = 60_000;
/** What changes while a job runs; `status` comes first. */
const watchedFields = ['status', 'opstatus'];
const jobFields =
  'id status summary ops opstatus opresult opoutcome operror oplog received_ts start_ts end_ts user trace opsteps parent children'.split(
    ' ',
  );

function jobUpdate(id: number, reply: WaitReply): JobUpdate {
  const { job_info: known, log_entries: log, progress = null, waiting_for: waitingFor = [], seen } = reply;
  return { id, status: String(known[0]), known, log, progress, waitingFor, seen };
}
