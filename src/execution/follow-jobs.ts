import { setTimeout as sleep } from 'node:timers/promises';
import { GantryError } from '../base/index.ts';
import { isUnfinished } from './is-unfinished.ts';
import type { JobPort } from './job-port.ts';

const firstPause = 250;
/** Ganeti's waits up to 15 s, which is idle time after each set of jobs. */
const longestPause = 2000;
/** About a minute. */
const mostSilences = 30;

const unreachable: ReadonlySet<string> = new Set(['HTOOLS_LUXI_UNREACHABLE', 'HTOOLS_RAPI_UNREACHABLE']);

/**
 * Waits until jobs are over, and asks for them less and less often. The master may restart meanwhile.
 * @param tell is given the states each time
 * @returns the status of each, in their order
 * @throws HTOOLS_JOBS_LOST
 */
export async function followJobs(
  queue: JobPort,
  jobs: readonly number[],
  program: string,
  tell: (states: readonly string[]) => void = () => undefined,
): Promise<string[]> {
  let silences = 0;
  for (let pause = firstPause; ; pause = Math.min(1.5 * pause, longestPause)) {
    await (queue.untilChange?.(jobs, pause) ?? sleep(pause));
    const lose = (detail: string) => new GantryError('HTOOLS_JOBS_LOST', { program, jobs: jobs.join(', '), detail });
    const answer = await queue.states(jobs).catch(GantryError.from);
    if (answer instanceof GantryError) {
      silences++;
      if (!unreachable.has(answer.code) || silences === mostSilences) throw lose(answer.message);
      continue;
    }
    silences = 0;
    const states = answer.map((status, k) => {
      if (status === undefined) throw lose(`the master does not know job ${jobs[k]}`);
      return status;
    });
    tell(states);
    if (!states.some(isUnfinished)) return states;
  }
}
