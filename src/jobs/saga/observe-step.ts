import { GantryError, type OperationContext, operationContext } from '../../base/index.ts';
import type { StepKind } from '../metrics/job-metrics.ts';
import type { JobRecord } from '../record/job-record.ts';
import type { SagaHost } from './saga-host.ts';

interface Place {
  readonly host: Pick<SagaHost, 'log' | 'metrics' | 'signal'>;
  readonly record: JobRecord;
  /** Of the opcode in its job. */
  readonly index: number;
}

export const opcodeId = ({ record, index }: Pick<Place, 'record' | 'index'>): string => String(record.job.ops[index]?.input['OP_ID']);

/** Of which work an opcode of a job is a part. */
export function operationOf({ host, record, index }: Place): OperationContext {
  const { trace, user } = record.job;
  return operationContext({ trace, user, log: host.log }, { job: record.id, op: index });
}

/** Does a part of an opcode; counts and tells how long it took, whatever its end. @param step its id; undefined: the plan */
export async function observeStep<T>(place: Place, kind: StepKind, step: string | undefined, work: () => Promise<T>): Promise<T> {
  const { host, record, index } = place;
  const began = performance.now();
  let problem: unknown;
  try {
    return await work();
  } catch (error) {
    problem = error;
    throw error;
  } finally {
    // One that was only interrupted has not ended; the next master repeats it.
    if (problem === undefined || !host.signal.aborted) {
      const ms = performance.now() - began;
      host.metrics.stepEnded(opcodeId(place), kind, ms / 1000);
      const { trace } = record.job;
      const facts = { trace, job: record.id, op: index, kind, step, ms: Math.round(ms) };
      if (problem === undefined) host.log.info(facts, 'step done');
      else host.log.info({ ...facts, code: GantryError.from(problem).code }, 'step failed');
    }
  }
}
