import { type AccessControl, principalOfJob } from '../../access/index.ts';
import { GantryError } from '../../base/index.ts';
import type { Job } from '../../model/index.ts';
import type { OpInput } from '../job-queue.ts';
import { childrenOf, withChildren } from '../record/children-of.ts';
import { type JobRecord, newRecord } from '../record/job-record.ts';
import { encodeJob } from '../writing/job-writer.ts';
import { buildJob } from './build-job.ts';
import { addJob, pump } from './scheduler.ts';
import { admit, checkDependenciesExist, type Submission } from './submit-jobs.ts';

/** As much as is stored in one transaction, which has limits of writes and of bytes; the parent is in it, too. */
const partLimits = { jobs: 50, bytes: 500_000 } as const;

/**
 * Submits jobs for a step of a job. They are stored in one transaction with their numbers in the parent, in parts, so that a
 * step that runs again submits only what is missing.
 * @param jobs always the same for a step
 * @returns their numbers, in order
 * @throws INPUT_INVALID, ACCESS_REFUSED, API_OBJECT_UNKNOWN, QUEUE_DRAINED, QUEUE_FULL, JOB_DEPENDENCY_UNKNOWN, JOB_TOO_LARGE
 */
export async function submitChildren(
  submission: Submission,
  access: Pick<AccessControl, 'requireOpcodes'>,
  parent: JobRecord,
  index: number,
  step: string,
  jobs: readonly (readonly OpInput[])[],
): Promise<readonly number[]> {
  const { scheduler, limit } = submission;
  const { host } = scheduler;
  const by = principalOfJob(parent.job);
  const { trace } = parent.job;
  const ids = [...childrenOf(parent.job, index, step)];
  const missing = jobs.slice(ids.length);
  if (missing.length === 0) return ids;
  const admitted = await admit(access, missing, by, trace);
  host.signal.throwIfAborted();
  if (host.config.current.cluster.drained) throw new GantryError('QUEUE_DRAINED');
  if (scheduler.unfinished + missing.length > limit) throw new GantryError('QUEUE_FULL', { count: scheduler.unfinished });
  for (const ops of admitted.jobs) await checkDependenciesExist(scheduler, ops, by);
  for (const part of partsOf(admitted.jobs)) {
    const built = part.map((ops) => {
      const { sealOp = (op: OpInput) => op } = host;
      const id = submission.nextId++;
      const job: Job = {
        ...buildJob(
          id,
          ops.map(({ params }) => sealOp(params)),
          by,
          host.clock.now(),
          ids,
          trace,
        ),
        parent: parent.id,
      };
      ids.push(id);
      return { job, encoded: encodeJob(job) };
    });
    const numbers = built.map(({ job }) => job.id);
    const revision = await host.writer.addChildren(parent, withChildren(index, step, numbers), built);
    host.metrics.submitted += built.length;
    for (const { job } of built) addJob(scheduler, newRecord(job, revision));
  }
  pump(scheduler);
  return ids;
}

function partsOf<T>(jobs: readonly T[]): readonly (readonly T[])[] {
  const parts: T[][] = [];
  let bytes = 0;
  for (const job of jobs) {
    const size = Buffer.byteLength(JSON.stringify(job));
    const part = parts.at(-1);
    if (part && part.length < partLimits.jobs && bytes + size <= partLimits.bytes) {
      part.push(job);
      bytes += size;
    } else {
      parts.push([job]);
      bytes = size;
    }
  }
  return parts;
}
