import type { Principal } from '../../access/index.ts';
import { GantryError } from '../../base/index.ts';
import type { JobPort } from '../../execution/index.ts';
import { jobStatus } from '../../model/index.ts';
import type { JobQueue } from '../job-queue.ts';
import { isEnded } from '../record/job-record.ts';

/** All jobs are checked for these before the first is stored; after any other error some may be there. */
const beforeStoring: ReadonlySet<string> = new Set([
  'INPUT_INVALID',
  'API_FORBIDDEN',
  'ACCESS_REFUSED',
  'API_OBJECT_UNKNOWN',
  'QUEUE_DRAINED',
  'QUEUE_FULL',
  'JOB_DEPENDENCY_UNKNOWN',
  'JOB_TOO_LARGE',
]);

/** The queue of this master for sets of jobs that it executes itself, in the name of `by`. */
export function ownJobPort(queue: JobQueue, by: Principal): JobPort {
  return {
    async submit(jobs) {
      try {
        return (await queue.submitMany(jobs, by)).map((taken) => ({ taken }));
      } catch (error) {
        const { code, message } = GantryError.from(error);
        return [beforeStoring.has(code) ? { refused: message } : { lost: message }];
      }
    },
    async states(jobs) {
      const found = await Promise.all(jobs.map((id) => queue.get(id)));
      return found.map((job) => job && jobStatus(job));
    },
    async causes(jobs) {
      const found = await Promise.all(jobs.map((id) => queue.get(id)));
      return found.map((job, k) => `job ${jobs[k]}: ${causeOf(job?.ops.find(({ status }) => status !== 'success')?.result)}`);
    },
    async cancel(job) {
      await queue.cancel(job);
    },
    async untilChange(jobs, ms) {
      const running = jobs.find((id) => {
        const job = queue.present(id)?.job;
        return job !== undefined && !isEnded(job);
      });
      if (running !== undefined) await queue.waitForChange(running, { timeoutMs: ms });
    },
  };
}

function causeOf(result: unknown): string {
  const what = (result as { error?: { what?: unknown } } | null | undefined)?.error?.what ?? result;
  return typeof what === 'string' ? what : 'no opcode has an error';
}
