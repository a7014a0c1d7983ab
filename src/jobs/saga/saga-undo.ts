import { type ErrorReport, GantryError } from '../../base/index.ts';
import { canceledText, cancelled, compose, type Execution, type JobChange, withExecution } from '../record/job-changes.ts';
import { isCanceling } from './cancel-signal.ts';
import { commitChange } from './commit-change.ts';
import { logLine } from './log-line.ts';
import { observeStep } from './observe-step.ts';
import type { Step } from './operation.ts';
import { begun, failure, isCommit, now, outcomesOf, type Problem, type Saga, showProgress, stepContext } from './saga.ts';
import { stepsToUndo } from './steps-to-undo.ts';
import { untilStopped } from './until-stopped.ts';

/** Records why it goes back, undoes what must be undone, and ends the opcode with the error, or as cancelled. */
export async function undoFrom(saga: Saga, { failedAt, error: thrown, begun: hasBegun }: Problem): Promise<void> {
  const { host, record, index, steps } = saga;
  record.stepCancel = undefined;
  const error = GantryError.from(thrown);
  if (error.definition.kind === 'bug') host.log.error({ err: thrown, job: record.id }, 'a step failed by a defect');
  const { id, title } = steps[failedAt] as Step;
  if (!hasBegun) logLine(host, record, index, `Cancelled before step "${title}".`);
  else if (isCanceling(record, index) && error.code === 'CANCELLED') logLine(host, record, index, `Step "${title}" was cancelled.`);
  else logLine(host, record, index, `Step "${title}" failed: ${error.message}`);
  // What has not begun counts as undone.
  const execution = { ...saga.execution, undoing: { step: id, error: error.toReport(), undone: hasBegun ? [] : [id] } };
  if (leftToUndo({ ...saga, execution }).length === 0) return host.writer.change(record, compose(begun(saga), ending(saga, error)));
  saga.execution = execution;
  await host.writer.change(record, begun(saga));
  return goBack(saga);
}

/** Goes on with undoing, last step first, each recorded before the next. */
export async function goBack(saga: Saga): Promise<void> {
  const { host, record, steps, index } = saga;
  const undoing = saga.execution.undoing as NonNullable<Execution['undoing']>;
  const failedAt = steps.findIndex(({ id }) => id === undoing.step);
  const error = GantryError.fromReport(undoing.error as ErrorReport);
  const left = leftToUndo(saga);
  for (const [n, i] of left.entries()) {
    const problem = await undoPatiently(saga, i, n === left.length - 1 ? error : undefined);
    if (!problem) continue;
    const unfinished = left.slice(n).map((each) => (steps[each] as Step).title);
    const report = undoFailed(saga, failedAt, error, problem, unfinished);
    host.log.error({ job: record.id, left: unfinished, err: problem }, 'a job could not clean up behind itself');
    logLine(host, record, index, `Not undone: ${unfinished.join(', ')}`);
    return host.writer.change(record, failure(saga, report));
  }
  if (left.length === 0) await host.writer.change(record, ending(saga, error));
}

/** How an opcode ends that was undone. */
const ending = (saga: Saga, error: GantryError): JobChange =>
  isCanceling(saga.record, saga.index) ? cancelled(canceledText, now(saga.host)) : failure(saga, error);

function leftToUndo(saga: Saga): readonly number[] {
  const { steps, execution } = saga;
  const undoing = execution.undoing as NonNullable<Execution['undoing']>;
  const failedAt = steps.findIndex(({ id }) => id === undoing.step);
  return stepsToUndo(steps, failedAt).filter((i) => !undoing.undone.includes((steps[i] as Step).id));
}

/** @returns the last problem when all attempts failed */
async function undoPatiently(saga: Saga, i: number, last: GantryError | undefined): Promise<GantryError | undefined> {
  const { host, record, index } = saga;
  const { attempts, firstPauseMs } = host.undoRetry;
  const { title } = saga.steps[i] as Step;
  for (let attempt = 1; ; attempt++) {
    host.signal.throwIfAborted();
    showProgress(saga, i, null, 'undoing');
    try {
      await undoStep(saga, i, last);
      return undefined;
    } catch (thrown) {
      host.signal.throwIfAborted();
      const problem = GantryError.from(thrown);
      logLine(host, record, index, `Undoing "${title}" failed (attempt ${attempt} of ${attempts}): ${problem.message}`);
      if (attempt >= attempts) return problem;
      await host.clock.sleep(firstPauseMs * 2 ** (attempt - 1), host.signal);
    }
  }
}

/** Undoes one step and records it; with the last one the opcode ends in the same write. */
async function undoStep(saga: Saga, i: number, last: GantryError | undefined): Promise<void> {
  const { host, record, index } = saga;
  const step = saga.steps[i] as Step;
  const undoing = saga.execution.undoing as NonNullable<Execution['undoing']>;
  const execution: Execution = { ...saga.execution, undoing: { ...undoing, undone: [...undoing.undone, step.id] } };
  const change = compose(withExecution(index, execution), ...(last ? [ending(saga, last)] : []));
  if (isCommit(step)) {
    const context = { plan: execution.plan, outcomes: outcomesOf(execution), clock: host.clock };
    await commitChange(
      host,
      record,
      (draft) => step.uncommit?.(draft, context),
      () => change,
    );
  } else {
    await observeStep(saga, 'undo', step.id, () => untilStopped(step.undo?.(stepContext(saga, i, true)) ?? Promise.resolve(), host.signal));
    await host.writer.change(record, change);
  }
  saga.execution = execution;
}

function undoFailed(saga: Saga, failedAt: number, error: GantryError, problem: GantryError, left: readonly string[]): GantryError {
  return new GantryError('JOB_UNDO_FAILED', {
    step: (saga.steps[failedAt] as Step).title,
    error: error.message,
    code: error.code,
    undo: left[0] ?? '',
    attempts: saga.host.undoRetry.attempts,
    problem: problem.message,
    left: left.join(', '),
  });
}
