import { type JobOp, jobStatus } from '../../model/index.ts';
import { canceledText, canceling, cancelled, stillWaiting } from '../record/job-changes.ts';
import { currentOp, isEnded, type JobRecord, show } from '../record/job-record.ts';
import { canceledError, isCanceling } from '../saga/cancel-signal.ts';
import { logLine } from '../saga/log-line.ts';
import type { Step } from '../saga/operation.ts';
import { isBehindPivot, isCommit, now } from '../saga/saga.ts';
import { stepsToUndo } from '../saga/steps-to-undo.ts';
import { readExecution } from '../saga/stored-execution.ts';
import { cancelRest, consider, endJob, pump, type Scheduler } from './scheduler.ts';

export interface CancelAnswer {
  readonly cancelled: boolean;
  readonly message: string;
}

/**
 * Cancels a job. One that waits ends at once. Of one that has begun the running step is told to end, then what was done is undone;
 * this answers as soon as the request is stored. Behind a pivot the present opcode is finished first, and only those after it
 * are cancelled.
 * @throws STORE_FULL, and then the job stays as it was
 */
export async function cancelJob(scheduler: Scheduler, record: JobRecord): Promise<CancelAnswer> {
  const { id, phase } = record;
  if (phase === 'ended') return { cancelled: false, message: `Job ${id} has ended already (${jobStatus(record.job)})` };
  if (phase === 'leaving' || isCanceling(record, currentOp(record.job)))
    return { cancelled: true, message: `Job ${id} is being cancelled` };
  return phase === 'running' || record.resumed ? cancelBegun(scheduler, record) : cancelWaiting(scheduler, record);
}

async function cancelWaiting(scheduler: Scheduler, record: JobRecord): Promise<CancelAnswer> {
  const { host, locks } = scheduler;
  record.phase = 'leaving';
  scheduler.turns.delete(record);
  locks.release(record.id);
  show(record, canceling);
  try {
    await host.writer.change(record, cancelled(canceledText, now(host)), 'refusable');
  } catch (error) {
    if (host.signal.aborted) throw error;
    show(record, stillWaiting);
    consider(scheduler, record);
    pump(scheduler);
    throw error;
  }
  endJob(scheduler, record);
  return { cancelled: true, message: `Job ${record.id} canceled` };
}

async function cancelBegun(scheduler: Scheduler, record: JobRecord): Promise<CancelAnswer> {
  const { host } = scheduler;
  const { id } = record;
  const before = outlookOf(host, record, currentOp(record.job));
  if (before.refused !== undefined) return { cancelled: false, message: `Job ${id} ${before.refused}` };
  await host.writer.change(record, canceling, 'refusable');
  if (isEnded(record.job)) return { cancelled: false, message: `Job ${id} has ended already (${jobStatus(record.job)})` };
  // Meanwhile the opcode may have ended, and the next one begun or waiting.
  const index = currentOp(record.job);
  if (isWaiting(record) && !record.job.ops[index]?.execution) {
    await cancelRest(scheduler, record);
    return { cancelled: true, message: `Job ${id} canceled` };
  }
  const plan = outlookOf(host, record, index).plan ?? before.plan;
  logLine(host, record, index, `To be cancelled: ${plan}.`);
  record.planning?.abort(canceledError(record));
  record.stepCancel?.abort(canceledError(record));
  return { cancelled: true, message: `Job ${id} will be cancelled: ${plan}` };
}

const isWaiting = ({ phase }: JobRecord): boolean => phase === 'depends' || phase === 'ready' || phase === 'locks' || phase === 'granted';

/** What a cancelling does to an opcode that has begun, in words; or why it does nothing. */
type Outlook = { readonly refused: string; readonly plan?: never } | { readonly refused?: never; readonly plan: string };

function outlookOf(host: Scheduler['host'], record: JobRecord, index: number): Outlook {
  const { input, execution } = record.job.ops[index] as JobOp;
  const operation = host.operations.get(String(input['OP_ID']));
  if (!execution || !operation) return { plan: 'it has changed nothing yet' };
  if (execution.undoing) return { refused: 'has failed and is being undone already' };
  const { steps, execution: read } = readExecution(record.id, operation, execution);
  const i = steps.findIndex(({ id }) => !read.outcomes.some(({ step }) => step === id));
  const step = steps[i] as Step | undefined;
  const at = `step ${i + 1} of ${steps.length} (${step?.title})`;
  if (step && isBehindPivot(steps, i)) {
    const isLast = index === record.job.ops.length - 1;
    if (isLast) return { refused: `cannot be cancelled any more: it is at ${at}, and what was done before cannot be undone` };
    return { plan: `its present opcode cannot be undone any more and is finished, from ${at}; those after it are not started` };
  }
  if (!step || isCommit(step) || step.cancellable === false) {
    const isKept = step?.pivot || i + 1 >= steps.length || stepsToUndo(steps, i + 1).every((k) => k > i);
    return { plan: `${at} is finished, ${isKept ? 'and nothing is undone' : 'then what was done is undone'}` };
  }
  const end = `${at} is told to end${undoing(steps, i)}`;
  return { plan: step.pivot ? `${end}; if it is done first, the job continues` : end };
}

/** What happens when a step was told to end: not everything can be undone, such as the stop of a guest. */
function undoing(steps: readonly Step[], i: number): string {
  const undone = stepsToUndo(steps, i);
  if (undone.includes(i)) return ', then what was done is undone';
  if (undone.length > 0) return ', then the steps before it are undone; what it has done by then stays';
  return '; what it has done by then stays';
}
