import type { AccessControl, Principal } from '../../access/index.ts';
import { GantryError, newTrace } from '../../base/index.ts';
import type { ReadOpcode } from '../../model/index.ts';
import type { Write } from '../../store/index.ts';
import type { OpInput } from '../job-queue.ts';
import { newRecord } from '../record/job-record.ts';
import { encodeJob } from '../writing/job-writer.ts';
import { buildJob, readOps } from './build-job.ts';
import { dependenciesOf } from './dependencies.ts';
import type { KnownSubmissions } from './known-submissions.ts';
import { addJob, pump, type Scheduler } from './scheduler.ts';

/** What submitting needs beyond the scheduler. */
export interface Submission {
  readonly scheduler: Scheduler;
  nextId: number;
  /** Most unfinished jobs. */
  readonly limit: number;
  readonly known: KnownSubmissions;
}

/** Jobs that were checked against the catalogue, and that their principal may submit. */
export interface Admitted {
  readonly by: Principal;
  readonly jobs: readonly (readonly ReadOpcode[])[];
}

/**
 * Nothing gets into the queue without passing here, whoever submits it.
 * @throws INPUT_INVALID, API_FORBIDDEN, ACCESS_REFUSED, API_OBJECT_UNKNOWN
 */
export async function admit(
  access: Pick<AccessControl, 'requireOpcodes'>,
  given: readonly (readonly OpInput[])[],
  by: Principal,
  trace?: string,
): Promise<Admitted> {
  const jobs = given.map(readOps);
  for (const ops of jobs) await access.requireOpcodes(by, ops, trace);
  return { by, jobs };
}

/**
 * Checks all jobs, then stores them in order; resolves when all are durable.
 * @param writesWith what is written in the same transaction as a job
 * @throws QUEUE_DRAINED, QUEUE_FULL, QUEUE_STOPPED, JOB_DEPENDENCY_UNKNOWN, JOB_TOO_LARGE
 */
export async function submitJobs(
  submission: Submission,
  { by, jobs }: Admitted,
  trace?: string,
  writesWith: (job: number) => readonly Write[] = () => [],
): Promise<number[]> {
  const { scheduler, limit } = submission;
  const { host } = scheduler;
  if (host.config.current.cluster.drained) throw new GantryError('QUEUE_DRAINED');
  if (scheduler.unfinished + jobs.length > limit) throw new GantryError('QUEUE_FULL', { count: scheduler.unfinished });
  for (const ops of jobs) await checkDependenciesExist(scheduler, ops, by);
  const ids: number[] = [];
  const built = jobs.map((ops) => {
    const id = submission.nextId + ids.length;
    const { sealOp = (op: OpInput) => op } = host;
    const sealed = ops.map(({ params }) => sealOp(params));
    const job = buildJob(id, sealed, by, host.clock.now(), ids, trace ?? newTrace(host.random));
    ids.push(id);
    return { job, encoded: encodeJob(job) };
  });
  submission.nextId += ids.length;
  const stored = built.map(async ({ job, encoded }) => {
    addJob(scheduler, newRecord(job, await host.writer.add(job, encoded, writesWith(job.id))));
  });
  await Promise.all(stored);
  host.metrics.submitted += ids.length;
  pump(scheduler);
  return ids;
}

/** @throws JOB_DEPENDENCY_UNKNOWN */
export async function checkDependenciesExist(
  { jobs, archived, host }: Scheduler,
  ops: readonly ReadOpcode[],
  by: Principal,
): Promise<void> {
  const sight = host.access.sightOf(by);
  for (const { params } of ops) {
    for (const [id] of dependenciesOf({ input: params })) {
      const job = id < 0 ? undefined : (jobs.get(id)?.job ?? (await archived(id)));
      if (id < 0 || (job && (!sight || sight.sees('job', job)))) continue;
      throw new GantryError('JOB_DEPENDENCY_UNKNOWN', { job: id });
    }
  }
}
