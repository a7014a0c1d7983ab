import { Type } from 'typebox';
import { GantryError } from '../../base/index.ts';
import { type Job, lockLevels, opcodeCatalogue, validate } from '../../model/index.ts';
import { jobKind, LockMode, nullable, pickFields, plainRow, rowSchema } from '../../query/index.ts';
import type { ApiContext } from '../api-options.ts';
import { auditChange } from './audit-change.ts';
import { fieldNames } from './field-names.ts';
import { type WaitRequest, waitForJob } from './job-wait.ts';
import { objectBody } from './object-body.ts';
import { bulkQuery, isSet } from './query-params.ts';
import { listOrRows, viewOf, wholeView } from './resource-routes.ts';
import { type ApiRequest, component, objectsFrom, type Route } from './route.ts';
import { submissionKey } from './submission-key.ts';
import { submitJob } from './submit.ts';

const listFields = jobKind.rowFields;
const pageFields = [...listFields, ...pickFields(jobKind.fields, ['oplog', 'opresult'])];
const objects = objectsFrom('job', 'job_id');
const JobId = Type.Integer({ description: 'Number of the job' });

const Lock = Type.Object({
  name: Type.String({ description: 'Kind and name of what is locked' }),
  mode: nullable(LockMode),
  owners: Type.Array(Type.Integer(), { description: 'Jobs that hold it' }),
  pending: Type.Array(Type.Object({ job: Type.Integer(), mode: LockMode }), { description: 'Jobs that wait for it, in order' }),
  level: Type.Enum(lockLevels),
});

const invalid = (problem: string) => new GantryError('API_REQUEST_INVALID', { problem });

/** The number in a path. @throws API_PATH_UNKNOWN */
function jobId({ params }: Pick<ApiRequest, 'params'>): number {
  const text = params['job_id'] ?? '';
  if (!/^\d{1,15}$/.test(text)) throw new GantryError('API_PATH_UNKNOWN', { path: `/2/jobs/${text}` });
  return Number(text);
}

const page = (job: Job, context: ApiContext) => plainRow(pageFields, job, wholeView(context));

/** What Ganeti shows of a job that does not exist: its number, and null for everything else. */
const emptyPage = (id: number) => Object.fromEntries(pageFields.map(({ name }) => [name, name === 'id' ? id : null]));

/** A job that the user may see, archived or not. */
async function findJob({ user, ...request }: Pick<ApiRequest, 'params' | 'user'>, { services }: ApiContext): Promise<Job | undefined> {
  const job = await services.jobs.get(jobId(request));
  const visible = services.access.visible(user);
  return job && (!visible || visible('job', job)) ? job : undefined;
}

const reading: Route[] = [
  {
    method: 'GET',
    path: '/2/jobs',
    tag: 'job',
    summary: 'List the jobs that are not archived',
    permission: 'job:read',
    query: bulkQuery,
    result: listOrRows(Type.Object({ id: JobId, uri: Type.String() }), component('job_row', rowSchema(listFields))),
    handle: ({ query, user }, context) => {
      const view = viewOf(context, user);
      const jobs = jobKind.items(view);
      if (isSet(query, 'bulk')) return jobs.map((job) => plainRow(listFields, job, view));
      return jobs.map(({ id }) => ({ id, uri: `/2/jobs/${id}` }));
    },
  },
  {
    method: 'GET',
    path: '/2/jobs/{job_id}',
    tag: 'job',
    summary: 'Show a job; one that does not exist has null in every field',
    permission: 'job:read',
    objects,
    result: component('job_page', rowSchema(pageFields.map((one) => (one.name === 'id' ? one : { ...one, schema: nullable(one.schema) })))),
    handle: async (request, context) => {
      const job = await findJob(request, context);
      return job ? page(job, context) : emptyPage(jobId(request));
    },
  },
  {
    method: 'GET',
    path: '/2/locks',
    tag: 'job',
    summary: 'The locks that jobs hold or wait for',
    permission: 'job:read',
    result: Type.Array(Lock),
    handle: ({ user }, { services }) => {
      const visible = services.access.visible(user);
      const locks = services.jobs.locks();
      return visible ? locks.filter((lock) => visible('lock', lock)) : locks;
    },
  },
];

function parseJson(text: unknown, name: string): unknown {
  if (typeof text !== 'string') return text;
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(`Invalid value for the '${name}' parameter`);
  }
}

/** What to wait for, from the body as in Ganeti, or from query parameters for clients whose GET cannot have a body. */
function waitRequest({ body, query }: ApiRequest): WaitRequest {
  const given = objectBody(body);
  const wanted = given['fields'] ?? (typeof query['fields'] === 'string' ? query['fields'].split(',') : undefined);
  if (wanted === undefined) throw invalid("Required parameter 'fields' is missing");
  const fields = fieldNames(wanted, "The 'fields' parameter should be a list");
  const previous = given['previous_job_info'] ?? parseJson(query['previous_job_info'], 'previous_job_info') ?? null;
  if (previous !== null && !Array.isArray(previous)) throw invalid("The 'previous_job_info' parameter should be a list");
  const serial = given['previous_log_serial'] ?? query['previous_log_serial'] ?? null;
  if (serial !== null && !Number.isInteger(serial)) throw invalid("The 'previous_log_serial' parameter should be a number");
  const seen = typeof query['seen'] === 'string' ? query['seen'] : undefined;
  return { fields, previous, serial: serial as number | null, progress: isSet(query, 'progress'), seen };
}

const waiting: Route = {
  method: 'GET',
  path: '/2/jobs/{job_id}/wait',
  tag: 'job',
  summary: 'Wait until a job differs from what the client knows; null when nothing happens for 10 s',
  permission: 'job:query',
  objects,
  query: Type.Object({
    fields: Type.Optional(Type.String({ description: 'Names of job fields, separated by commas' })),
    previous_job_info: Type.Optional(Type.String({ description: 'Their known values, a JSON list' })),
    previous_log_serial: Type.Optional(Type.Integer({ description: 'Highest known serial of the log' })),
    progress: Type.Optional(Type.Integer({ description: 'Also return on progress of the running step (0 or 1)' })),
    seen: Type.Optional(
      Type.String({ description: 'With progress: "seen" of the last reply, so that nothing is missed between two calls' }),
    ),
  }),
  result: Type.Union([Type.Null(), Type.Object({ job_info: Type.Array(Type.Unknown()), log_entries: Type.Array(Type.Unknown()) })]),
  handle: async (request, context) => {
    const [id, wanted] = [jobId(request), waitRequest(request)];
    const mayBeHidden = context.services.access.visible(request.user) !== undefined;
    if (mayBeHidden && !(await findJob(request, context))) throw new GantryError('API_OBJECT_UNKNOWN', { object: 'job', name: String(id) });
    return (await waitForJob(id, wanted, context, request.signal)) ?? null;
  },
};

const Submission = Type.Object(
  { ops: Type.Array(Type.Object({ OP_ID: Type.String() }, { additionalProperties: true }), { minItems: 1, maxItems: 100 }) },
  { additionalProperties: false },
);

/** The same as clients see it: every opcode with its parameters. The queue checks them, against the catalogue as well. */
const DescribedSubmission = Type.Object(
  {
    ops: Type.Array(
      Type.Unsafe({
        oneOf: [...opcodeCatalogue.values()].map(({ id, summary, params }) => component(id, { ...params, description: summary })),
        discriminator: { propertyName: 'OP_ID' },
      }),
      { minItems: 1, maxItems: 100 },
    ),
  },
  { additionalProperties: false },
);

const changing: Route[] = [
  {
    method: 'POST',
    path: '/2/jobs',
    tag: 'job',
    summary: 'Submit a job of one or more opcodes; each needs its own permission',
    permission: 'job:submit',
    body: DescribedSubmission,
    bodyCheckedByHandler: true,
    result: JobId,
    submits: true,
    handle: (request, context) => {
      const { ops } = validate(Submission, request.body ?? null, '/2/jobs');
      return submitJob(context, request.user, ops, { key: submissionKey(request), trace: request.operation.trace });
    },
  },
  {
    method: 'DELETE',
    path: '/2/jobs/{job_id}',
    tag: 'job',
    summary:
      'Cancel a job. One that runs ends its present step, and what was done is undone. Answers whether that will happen, and a message',
    permission: 'job:cancel',
    objects,
    result: Type.Tuple([Type.Boolean(), Type.String()]),
    handle: async (request, context) => {
      const job = jobId(request);
      const { cancelled, message } = await context.services.jobs.cancel(job);
      auditChange(request, context, { action: 'cancel', job, cancelled }, cancelled ? 'job cancelled' : 'job not cancelled');
      return [cancelled, message];
    },
  },
  {
    method: 'PUT',
    path: '/2/jobs/{job_id}/priority',
    tag: 'job',
    summary: 'Change the priority of a job that has not begun',
    permission: 'job:priority',
    objects,
    body: Type.Object({ priority: Type.Integer({ minimum: -20, maximum: 19 }) }, { additionalProperties: false }),
    result: Type.Null(),
    handle: async (request, context) => {
      const [job, { priority }] = [jobId(request), request.body as { priority: number }];
      await context.services.jobs.changePriority(job, priority);
      auditChange(request, context, { action: 'change priority', job, priority }, 'priority of a job changed');
      return null;
    },
  },
  {
    method: 'POST',
    path: '/2/jobs/{job_id}/archive',
    tag: 'job',
    summary: 'Move a finished job to the archive',
    permission: 'job:archive',
    objects,
    result: Type.Null(),
    handle: async (request, context) => {
      const job = jobId(request);
      await context.services.jobs.archive(job);
      auditChange(request, context, { action: 'archive', job }, 'job archived');
      return null;
    },
  },
  {
    method: 'POST',
    path: '/2/jobs/archive',
    tag: 'job',
    summary: 'Archive the jobs that ended some time ago; answers how many',
    permission: 'job:archive',
    query: Type.Object({ age: Type.Integer({ minimum: 0, description: 'Seconds since they ended' }) }),
    result: Type.Integer(),
    handle: async (request, context) => {
      const { jobs, access } = context.services;
      const age = request.query['age'] as number;
      const visible = access.visible(request.user);
      const count = await jobs.autoArchive(age, visible && ((job) => visible('job', job)));
      auditChange(request, context, { action: 'archive', age, count }, 'jobs archived');
      return count;
    },
  },
];

export const jobRoutes: readonly Route[] = [...reading, waiting, ...changing];
