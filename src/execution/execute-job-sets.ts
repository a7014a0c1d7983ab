import { followJobs } from './follow-jobs.ts';
import type { JobOrigin } from './job-origin.ts';
import type { JobPort } from './job-port.ts';
import type { Job } from './opcode.ts';
import { submitJobs } from './submit-jobs.ts';

/** Jobs that run side by side. */
export interface JobSet {
  /** What they do, for people. */
  readonly title: string;
  readonly jobs: readonly Job[];
}

export interface EndedJob {
  readonly job: number;
  readonly status: string;
}

export interface ExecutionOptions {
  /** When it is aborted, no further set is begun. */
  readonly stop?: AbortSignal;
  /** When it is aborted, jobs that run are cancelled as well. */
  readonly cancel?: AbortSignal;
  readonly onSubmitted?: (jobs: readonly number[]) => void;
  /** Is given the states of the present set each time they were asked for, and nothing when all are over. */
  readonly onStates?: (states: readonly string[] | undefined) => void;
}

/** What became of the sets, in their order. */
export interface Executed {
  readonly done: readonly { readonly set: JobSet; readonly jobs: readonly EndedJob[] }[];
  /** Sets that were not begun. */
  readonly left: readonly JobSet[];
  /** Jobs of the last set that was begun which did not succeed, and what the master tells of them. */
  readonly failed: { readonly jobs: readonly EndedJob[]; readonly causes: readonly string[] } | undefined;
}

/**
 * Submits one set of jobs after the other and waits for each, until all are done, a job fails, or it is told to stop.
 * @throws HTOOLS_JOB_REFUSED, HTOOLS_JOB_ANSWER_LOST, HTOOLS_JOBS_LOST
 */
export async function executeJobSets(
  sets: readonly JobSet[],
  port: JobPort,
  origin: JobOrigin,
  options: ExecutionOptions = {},
): Promise<Executed> {
  const done: { set: JobSet; jobs: readonly EndedJob[] }[] = [];
  for (const [s, set] of sets.entries()) {
    if (options.stop?.aborted || options.cancel?.aborted) return { done, left: sets.slice(s), failed: undefined };
    const jobs = await executeSet(set, port, origin, options);
    const failed = jobs.filter(({ status }) => status !== 'success');
    if (failed.length > 0) {
      const causes = await port.causes(failed.map(({ job }) => job)).catch(({ message }: Error) => [message]);
      return { done, left: sets.slice(s + 1), failed: { jobs: failed, causes } };
    }
    done.push({ set, jobs });
  }
  return { done, left: [], failed: undefined };
}

async function executeSet({ jobs }: JobSet, port: JobPort, origin: JobOrigin, options: ExecutionOptions): Promise<EndedJob[]> {
  const { cancel, onSubmitted, onStates } = options;
  const numbers = await submitJobs(port, jobs, origin);
  onSubmitted?.(numbers);
  const cancelAll = () => {
    // One that cannot be cancelled any more ends as it does.
    for (const job of numbers) port.cancel(job).catch(() => undefined);
  };
  if (cancel?.aborted) cancelAll();
  cancel?.addEventListener('abort', cancelAll, { once: true });
  try {
    const states = await followJobs(port, numbers, origin.program, onStates);
    onStates?.(undefined);
    return numbers.map((job, k) => ({ job, status: states[k] as string }));
  } finally {
    cancel?.removeEventListener('abort', cancelAll);
  }
}
