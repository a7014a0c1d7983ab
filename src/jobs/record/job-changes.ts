import { type ErrorReport, oneLine } from '../../base/index.ts';
import { type Job, type JobOp, type LogEntry, redactSealed } from '../../model/index.ts';

/**
 * Changes of a job as pure functions. Each is applied twice: to make the value that is written, and, when it is durable, to what
 * is shown; so it must contain its times.
 */
export type JobChange = (job: Job) => Job;
export type Execution = NonNullable<JobOp['execution']>;
export type JobTime = [number, number];

/** A job with its log must fit into one value of the store. */
const logLimits = { lines: 1000, lineLength: 4000, totalLength: 150_000 } as const;

export const compose =
  (...changes: readonly JobChange[]): JobChange =>
  (job) =>
    changes.reduce((result, change) => change(result), job);

export const withOp =
  (index: number, change: (op: JobOp) => JobOp): JobChange =>
  (job) => ({ ...job, ops: job.ops.map((op, i) => (i === index ? change(op) : op)) });

/** That it is to be cancelled stays in the job until it ends. */
const unlessCanceling = (op: JobOp, status: JobOp['status']): JobOp['status'] => (op.status === 'canceling' ? 'canceling' : status);

/** The opcode is being looked at: it waits for locks, for other jobs or for a free place. */
export const waiting = (index: number, at: JobTime): JobChange =>
  compose(
    withOp(index, (op) => ({ ...op, status: unlessCanceling(op, 'waiting'), start_ts: op.start_ts ?? at })),
    (job) => ({ ...job, start_ts: job.start_ts ?? at }),
  );

export const running = (index: number, at: JobTime): JobChange =>
  compose(
    waiting(index, at),
    withOp(index, (op) => ({ ...op, status: unlessCanceling(op, 'running'), exec_ts: op.exec_ts ?? at })),
  );

export const withExecution = (index: number, execution: Execution): JobChange => withOp(index, (op) => ({ ...op, execution }));

/** Secrets live as long as the opcode that needs them: not even their encrypted form is kept with what has ended. */
const forgetting = (op: JobOp): JobOp => redactSealed(op);

/** The opcode has done its work; what the next master would have needed is dropped, but for when each step was done. */
export const succeeded = (index: number, result: unknown, at: JobTime, outcomes: Execution['outcomes'] = []): JobChange =>
  compose(
    withOp(index, ({ execution: _, ...op }) => {
      const steps = outcomes.length > 0 && { steps: outcomes.map(({ result: _result, ...done }) => done) };
      return forgetting({ ...op, status: 'success', result, end_ts: at, ...steps });
    }),
    (job) => (index === job.ops.length - 1 ? { ...job, end_ts: at } : job),
  );

/** The opcode failed, and with it those behind it. */
export const failed = (index: number, error: ErrorReport, preceding: ErrorReport, at: JobTime): JobChange =>
  compose(
    withOp(index, (op) => forgetting({ ...op, status: 'error', result: { error }, start_ts: op.start_ts ?? at, end_ts: at })),
    (job) => ({
      ...job,
      ops: job.ops.map((op, i) => (i > index ? forgetting({ ...op, status: 'error', result: { error: preceding }, end_ts: at }) : op)),
      start_ts: job.start_ts ?? at,
      end_ts: at,
    }),
  );

/** Result of what was cancelled by order. */
export const canceledText = 'Job canceled by request';

/** Opcodes that have not ended are cancelled; Ganeti's result is a plain text. */
export const cancelled = (reason: string, at: JobTime): JobChange => {
  return (job) => ({
    ...job,
    ops: job.ops.map((op) => (hasEnded(op) ? op : forgetting({ ...op, status: 'canceled', result: reason, end_ts: at }))),
    end_ts: at,
  });
};

/** What has not ended is to be cancelled. */
export const canceling: JobChange = (job) => ({
  ...job,
  ops: job.ops.map((op) => (hasEnded(op) ? op : { ...op, status: 'canceling' })),
});

export const reprioritised =
  (priority: number): JobChange =>
  (job) => ({ ...job, priority });

/** Adds a line to the opcode's log; its serial is the next of the whole job. Beyond the limits lines are dropped, with a note. */
export const logged = (index: number, text: string, at: JobTime): JobChange => {
  return (job) => {
    const lines = job.ops.flatMap((op) => op.log);
    const length = lines.reduce((sum, [, , , message]) => sum + String(message).length, 0);
    if (lines.at(-1)?.[3] === logFull) return job;
    const full = lines.length >= logLimits.lines || length >= logLimits.totalLength;
    const entry: LogEntry = [lastSerial(job) + 1, at, 'message', full ? logFull : oneLine(text).slice(0, logLimits.lineLength)];
    return withOp(index, (op) => ({ ...op, log: [...op.log, entry] }))(job);
  };
};

const logFull = 'Further messages of this job are not kept.';

export function lastSerial(job: Job): number {
  return job.ops.reduce((last, op) => Math.max(last, op.log.at(-1)?.[0] ?? 0), 0);
}

export function hasEnded(op: Pick<JobOp, 'status'>): boolean {
  return op.status === 'success' || op.status === 'error' || op.status === 'canceled';
}

/** A job as the next master takes it up: what was only shown, never begun, is queued again. */
export function asStored(job: Job): Job {
  return {
    ...job,
    ops: job.ops.map((op) => (hasEnded(op) || op.execution || op.status === 'canceling' ? op : queuedAgain(op))),
  };
}

/** Takes `canceling` back where it could not be stored. */
export const stillWaiting: JobChange = (job) => ({ ...job, ops: job.ops.map((op) => (hasEnded(op) ? op : queuedAgain(op))) });

const queuedAgain = (op: JobOp): JobOp => ({ ...op, status: 'queued', start_ts: null, exec_ts: null });
