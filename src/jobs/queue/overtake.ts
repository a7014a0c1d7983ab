import { principalOfJob } from '../../access/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import type { LockManager } from '../locks/lock-manager.ts';
import { currentOp, type JobRecord } from '../record/job-record.ts';
import { hurrySignal } from '../saga/cancel-signal.ts';
import type { Operation } from '../saga/operation.ts';
import type { SagaHost } from '../saga/saga-host.ts';
import { findTarget } from './op-wants.ts';

/** What is needed of the scheduler. */
interface Parts {
  readonly host: Pick<SagaHost, 'operations' | 'config' | 'access'>;
  readonly locks: Pick<LockManager, 'holds'>;
  readonly running: ReadonlySet<JobRecord>;
  readonly overtaking: Set<JobRecord>;
}

/** A job has begun to wait for its turn or its locks: those that hold what it overtakes are told to hurry, and so is who gets them before it. */
export function overtake(scheduler: Parts, waiter: JobRecord): void {
  if (overtaken(scheduler, waiter).length === 0) return;
  scheduler.overtaking.add(waiter);
  for (const record of scheduler.running) if (stands(scheduler, record, waiter)) hurry(record, waiter);
}

/** Whether a running job holds an object that `waiter` overtakes. */
export function stands(scheduler: Parts, record: JobRecord, waiter: JobRecord): boolean {
  if ((waiter.phase !== 'locks' && waiter.phase !== 'ready') || record === waiter) return false;
  return overtaken(scheduler, waiter).some(({ kind, key }) => scheduler.locks.holds(record.id, kind, key));
}

/** Its steps learn that a job waits that wants them to be quick. */
export function hurry(record: JobRecord, waiter: JobRecord): void {
  hurrySignal(record);
  record.hurry?.abort(`job ${waiter.id}`);
}

function overtaken({ host }: Parts, { job }: JobRecord) {
  const { input = {}, execution } = job.ops[currentOp(job)] ?? {};
  // A dry run changes nothing, and so hurries nobody.
  if (input['dry_run'] === true) return [];
  const operation = host.operations.get(String(input['OP_ID']));
  const touches = operation?.overtakes?.(input as never) ?? [];
  if (touches.length === 0 || (!execution && isRefused(host.config.current, operation, input))) return [];
  const sight = host.access.sightOf(principalOfJob(job));
  return touches.flatMap(({ kind, name }) => {
    const target = findTarget(host.config.current, kind, name);
    // What is hidden from it, it does not reach; it ends when its turn comes.
    return target && sight && !sight.sees(kind, target) ? [] : { kind, key: target?.uuid ?? name.toLowerCase() };
  });
}

/** Whether the configuration says already that nothing comes of a job. That it stays so is not certain, but then the job only waits. */
function isRefused(config: ConfigSnapshot, operation: Operation | undefined, input: Readonly<Record<string, unknown>>): boolean {
  try {
    operation?.precheck?.(config, input);
    return false;
  } catch {
    return true;
  }
}
