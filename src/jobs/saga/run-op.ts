import { principalOfJob } from '../../access/index.ts';
import { GantryError } from '../../base/index.ts';
import { canceledText, cancelled, type JobChange } from '../record/job-changes.ts';
import type { JobRecord } from '../record/job-record.ts';
import { isCanceling } from './cancel-signal.ts';
import { opcodeId } from './observe-step.ts';
import { beginSaga, failure, goForward, now } from './saga.ts';
import type { SagaHost } from './saga-host.ts';
import { goBack, undoFrom } from './saga-undo.ts';

/**
 * Carries out one opcode of a job, or continues where the previous master stopped, until its end is in the store.
 * @returns `interrupted` when the queue stopped meanwhile; then nothing about it was recorded
 */
export async function runOp(host: SagaHost, record: JobRecord, index: number): Promise<'ended' | 'interrupted'> {
  const began = performance.now();
  const end = await carryOut(host, record, index);
  if (end === 'interrupted') return end;
  const ms = performance.now() - began;
  const opcode = opcodeId({ record, index });
  const status = record.job.ops[index]?.status ?? 'error';
  host.metrics.opEnded(opcode, status, ms / 1000);
  const { trace, user } = record.job;
  host.log.info({ trace, user, job: record.id, op: index, opcode, status, ms: Math.round(ms) }, 'opcode ended');
  return end;
}

async function carryOut(host: SagaHost, record: JobRecord, index: number): Promise<'ended' | 'interrupted'> {
  try {
    const saga = await beginSaga(host, record, index);
    if (saga?.execution.undoing) await goBack(saga);
    else if (saga) {
      const problem = await goForward(saga);
      if (problem) await undoFrom(saga, problem);
    }
    return 'ended';
  } catch (thrown) {
    if (host.signal.aborted) return 'interrupted';
    // Cancelled while it was planned: nothing was changed.
    const wasPlanning = record.job.ops[index]?.execution === undefined;
    if (wasPlanning && isCanceling(record, index)) return end(host, record, cancelled(canceledText, now(host)));
    return failOp(host, record, index, thrown);
  }
}

/** Ends an opcode that could not even begin, or whose outcome could not be written. */
export async function failOp(host: SagaHost, record: JobRecord, index: number, thrown: unknown): Promise<'ended' | 'interrupted'> {
  const told = GantryError.from(thrown);
  const error = host.access.sightOf(principalOfJob(record.job))?.conceal(told) ?? told;
  if (error.definition.kind === 'bug') host.log.error({ err: thrown, job: record.id }, 'an opcode failed by a defect');
  return end(host, record, failure({ host, index }, error));
}

async function end(host: SagaHost, record: JobRecord, change: JobChange): Promise<'ended' | 'interrupted'> {
  try {
    await host.writer.change(record, change);
    return 'ended';
  } catch (writing) {
    if (!host.signal.aborted) host.log.error({ err: writing, job: record.id }, 'the end of a job could not be stored');
    return 'interrupted';
  }
}
