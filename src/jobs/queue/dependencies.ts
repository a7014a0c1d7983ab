import type { Sight } from '../../access/index.ts';
import { GantryError } from '../../base/index.ts';
import { type Job, type JobOp, type JobStatus, jobStatus } from '../../model/index.ts';
import { isEnded, type JobRecord } from '../record/job-record.ts';

export type Dependency = readonly [job: number, wanted: readonly JobStatus[]];

export function dependenciesOf(op: Pick<JobOp, 'input'>): readonly Dependency[] {
  return (op.input['depends'] ?? []) as readonly Dependency[];
}

export type DependencyState =
  | { readonly type: 'met' }
  | { readonly type: 'wait'; readonly on: JobRecord }
  | { readonly type: 'cancel'; readonly reason: string }
  | { readonly type: 'fail'; readonly error: GantryError };

/**
 * How the jobs stand that an opcode depends on, in the order in which they are named; a hidden one is not there. As in Ganeti a cancelled job cancels those
 * that needed its success, and a job that ended with another status than required makes them fail.
 */
export async function checkDependencies(
  op: Pick<JobOp, 'input'>,
  active: (id: number) => JobRecord | undefined,
  archived: (id: number) => Promise<Job | undefined>,
  sight?: Sight,
): Promise<DependencyState> {
  for (const [id, wanted] of dependenciesOf(op)) {
    const record = active(id);
    const isHidden = (found: Job) => sight !== undefined && !sight.sees('job', found);
    if (record && !isEnded(record.job) && !isHidden(record.job)) return { type: 'wait', on: record };
    const job = record?.job ?? (await archived(id));
    if (!job || isHidden(job)) return { type: 'fail', error: new GantryError('JOB_DEPENDENCY_UNKNOWN', { job: id }) };
    const status = jobStatus(job);
    if (wanted.length === 0 || wanted.includes(status)) continue;
    if (status === 'canceled') return { type: 'cancel', reason: `Job ${id}, on which this one depends, was cancelled` };
    return { type: 'fail', error: new GantryError('JOB_DEPENDENCY_FAILED', { job: id, status, wanted: wanted.join(' or ') }) };
  }
  return { type: 'met' };
}
