import type { Principal } from '../access/index.ts';
import type { Job, JobStatus } from '../model/index.ts';
import type { LockRow } from '../query/index.ts';
import type { Once } from './queue/known-submissions.ts';

/** An opcode as submitted: `OP_ID` and its parameters, not yet validated. */
export type OpInput = Readonly<Record<string, unknown>> & { readonly OP_ID: string };

export interface JobChange {
  readonly job: Job;
  /** Progress of the running step, if it tells; not stored. */
  readonly progress: StepProgress | null;
  /** What the job waits for, in words, e.g. `instance web1 (held by job 12)`; empty when it waits for nothing. */
  readonly waitingFor: readonly string[];
}

export interface StepProgress {
  readonly step: string;
  /** 1-based number of the step, and how many there are. */
  readonly index: number;
  readonly count: number;
  readonly fraction: number | null;
  readonly text: string;
}

export interface WaitOptions {
  /** Resolve as soon as the status differs from this, */
  readonly status?: JobStatus;
  /** or a log entry with a higher serial exists, */
  readonly logSerial?: number;
  /** or the progress or the reason for waiting differs (default: they do not count), */
  readonly progress?: boolean;
  /** or this time is over. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** The job queue of the leading master. */
export interface JobQueue {
  /**
   * Validates the opcodes against the catalogue, asks whether the principal may submit each, and stores the job; durable when it
   * resolves.
   * @param once makes it safe to submit the same again: it is the same job
   * @param trace of the request; default: a new one
   * @throws INPUT_INVALID, API_FORBIDDEN, ACCESS_REFUSED, API_OBJECT_UNKNOWN, QUEUE_DRAINED, QUEUE_FULL, JOB_DEPENDENCY_UNKNOWN,
   * JOB_TOO_LARGE, SUBMISSION_KEY_REUSED
   */
  submit(ops: readonly OpInput[], by: Principal, once?: Once, trace?: string): Promise<number>;
  /**
   * Several jobs at once; a negative dependency counts back within them (-1: the job before). All are checked before
   * the first is stored. Errors as `submit`.
   */
  submitMany(jobs: readonly (readonly OpInput[])[], by: Principal, trace?: string): Promise<readonly number[]>;
  /** A job that is not archived, or an archived one from the store. */
  get(id: number): Promise<Job | undefined>;
  /** A job that is not archived as it is now, with its progress and what it waits for; undefined when there is none. */
  present(id: number): JobChange | undefined;
  /** Jobs that are not archived, by number. */
  list(): readonly Job[];
  /** The job as it is now, with its running step and what it waits for; undefined when there is none. */
  look(id: number): Promise<JobChange | undefined>;
  /** The job as it is when something asked for has happened, or undefined when the time is over first. @throws JOB_UNKNOWN */
  waitForChange(id: number, options: WaitOptions): Promise<JobChange | undefined>;
  /** Cancels a job that has not begun; for one that runs, says why not. @throws JOB_UNKNOWN */
  cancel(id: number): Promise<{ readonly cancelled: boolean; readonly message: string }>;
  /** Moves a finished job to the archive. @throws JOB_UNKNOWN, JOB_NOT_FINISHED */
  archive(id: number): Promise<void>;
  /** Archives jobs that ended more than `ageSeconds` ago, of them those that `which` wants (default: all); returns how many. */
  autoArchive(ageSeconds: number, which?: (job: Job) => boolean): Promise<number>;
  changePriority(id: number, priority: number): Promise<void>;
  locks(): readonly LockRow[];
  /** Loads the stored jobs, resumes the unfinished ones, begins to run. */
  start(): Promise<void>;
  /** Starts no further step; running steps are left to the next master. */
  stop(): Promise<void>;
}
