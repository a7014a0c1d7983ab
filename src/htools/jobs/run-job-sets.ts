import { GantryError } from '../../base/index.ts';
import { type EndedJob, type Executed, executeJobSets, type JobOrigin, type JobPort, type JobSet } from '../../execution/index.ts';
import type { ProgramIo } from '../command/program-io.ts';
import { listenForStop } from './stop-requests.ts';

/**
 * Executes sets of jobs for somebody at a terminal: tells what happens, and listens to signals. Source: hbal(1), option -X.
 * @throws HTOOLS_JOB_REFUSED, HTOOLS_JOB_ANSWER_LOST, HTOOLS_JOBS_LOST, HTOOLS_JOBS_FAILED
 */
export async function runJobSets(sets: readonly JobSet[], queue: JobPort, origin: JobOrigin, io: ProgramIo): Promise<void> {
  using stop = listenForStop(io);
  const tell = (states: readonly string[] | undefined) =>
    io.err(states ? `\r\x1b[KWaiting for jobs: ${countByStatus(states)}` : '\r\x1b[K');
  const { done, left, failed } = await executeJobSets(sets, queue, origin, {
    stop: stop.signal,
    onSubmitted: (jobs) => io.out(`Got job IDs ${jobs.join(',')}\n`),
    ...(io.watched && { onStates: tell }),
  });
  if (failed) throw failure(failed, origin.program, left.length);
  if (left.length === 0) return;
  const lines = done.map(({ set, jobs }) => `  ${set.title}: ${jobs.map(({ job, status }) => `${job} ${status}`).join(', ')}\n`);
  io.out(`Exiting early due to user request, ${done.length} jobset(s) submitted:\n${lines.join('')}`);
  io.out(`${left.length} jobset(s) not submitted:\n${left.map(({ title }) => `  ${title}\n`).join('')}`);
}

const countByStatus = (states: readonly string[]): string =>
  [...Map.groupBy(states, (status) => status)].map(([status, list]) => `${list.length} ${status}`).join(', ');

/** The first line is Ganeti's, which is how Haskell shows a list. */
function failure({ jobs, causes }: NonNullable<Executed['failed']>, program: string, left: number): GantryError {
  const shown = jobs.map(({ job, status }: EndedJob) => `(JobId {fromJobId = ${job}},JOB_STATUS_${status.toUpperCase()})`);
  const numbers = jobs.map(({ job }) => job).join(' ');
  return new GantryError('HTOOLS_JOBS_FAILED', {
    program,
    failures: `[${shown.join(',')}]`,
    causes: causes.join('; '),
    jobs: numbers,
    left,
  });
}
