import { GantryError } from '../../base/index.ts';
import type { ProgramIo } from '../command/program-io.ts';
import { followJobs } from './follow-jobs.ts';
import type { JobOrigin } from './job-origin.ts';
import type { JobQueue } from './job-queue.ts';
import type { Job } from './opcode.ts';
import { listenForStop } from './stop-requests.ts';
import { submitJobs } from './submit-jobs.ts';

/** Jobs that run side by side. */
export interface JobSet {
  /** What they do, for people. */
  readonly title: string;
  readonly jobs: readonly Job[];
}

interface Ended {
  readonly job: number;
  readonly status: string;
}

/**
 * Submits one set of jobs after the other and waits for each, until all are done, a job fails, or a signal asks to stop.
 * Source: hbal(1), option -X.
 * @throws HTOOLS_JOB_REFUSED, HTOOLS_JOBS_LOST, HTOOLS_JOBS_FAILED
 */
export async function executeJobSets(sets: readonly JobSet[], queue: JobQueue, origin: JobOrigin, io: ProgramIo): Promise<void> {
  using stop = listenForStop(io);
  const done: string[] = [];
  for (const [s, set] of sets.entries()) {
    const left = sets.slice(s);
    if (stop.made) {
      io.out(`Exiting early due to user request, ${done.length} jobset(s) submitted:\n${done.join('')}`);
      io.out(`${left.length} jobset(s) not submitted:\n${left.map(({ title }) => `  ${title}\n`).join('')}`);
      return;
    }
    const ended = await executeSet(set, queue, origin, io);
    const failed = ended.filter(({ status }) => status !== 'success');
    if (failed.length > 0) throw await failure(failed, queue, origin.program, left.length - 1);
    done.push(`  ${set.title}: ${ended.map(({ job, status }) => `${job} ${status}`).join(', ')}\n`);
  }
}

async function executeSet({ jobs }: JobSet, queue: JobQueue, origin: JobOrigin, io: ProgramIo): Promise<Ended[]> {
  const numbers = await submitJobs(queue, jobs, origin);
  io.out(`Got job IDs ${numbers.join(',')}\n`);
  const tell = (states: readonly string[]) => io.err(`\r\x1b[KWaiting for jobs: ${countByStatus(states)}`);
  const states = await followJobs(queue, numbers, origin.program, io.watched ? tell : undefined);
  if (io.watched) io.err('\r\x1b[K');
  return numbers.map((job, k) => ({ job, status: states[k] as string }));
}

const countByStatus = (states: readonly string[]): string =>
  [...Map.groupBy(states, (status) => status)].map(([status, list]) => `${list.length} ${status}`).join(', ');

/** The first line is Ganeti's, which is how Haskell shows a list. */
async function failure(failed: readonly Ended[], queue: JobQueue, program: string, left: number): Promise<GantryError> {
  const jobs = failed.map(({ job }) => job);
  const shown = failed.map(({ job, status }) => `(JobId {fromJobId = ${job}},JOB_STATUS_${status.toUpperCase()})`);
  const causes = await queue.causes(jobs).catch(({ message }: Error) => [message]);
  const facts = { program, failures: `[${shown.join(',')}]`, causes: causes.join('; '), jobs: jobs.join(' '), left };
  return new GantryError('HTOOLS_JOBS_FAILED', facts);
}
