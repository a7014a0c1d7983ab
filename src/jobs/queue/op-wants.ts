import { type JobOp, type LockLevel, opcodeDefinition } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import { type LockTarget, type LockWant, lockWants } from '../locks/lock-want.ts';
import type { JobRecord } from '../record/job-record.ts';
import type { SagaHost } from '../saga/saga-host.ts';
import { readExecution } from '../saga/stored-execution.ts';

/** The locks that an opcode of a job needs, by the present configuration. */
export function opWants({ operations, config }: SagaHost, record: JobRecord, index: number): readonly LockWant[] {
  const { input, execution } = record.job.ops[index] as JobOp;
  const id = String(input['OP_ID']);
  const operation = operations.get(id);
  const params = input as never;
  const touches = operation?.locks?.(params, config.current) ?? opcodeDefinition(id).touches(params);
  const wants = lockWants(touches, (kind, name) => findTarget(config.current, kind, name));
  if (!execution || !operation) return wants;
  const { steps, execution: read } = readExecution(record.id, operation, execution);
  const done = new Set(read.outcomes.map(({ step }) => step));
  const released = new Set(steps.flatMap(({ id, releases = [] }) => (done.has(id) ? releases : [])));
  return released.size > 0 ? wants.filter(({ level }) => !released.has(level)) : wants;
}

/** An object of the configuration that can be locked. */
export function findTarget(config: ConfigSnapshot, kind: LockLevel, name: string): LockTarget | undefined {
  if (kind === 'instance') return config.instances.find(name);
  if (kind === 'node' || kind === 'sending') return config.nodes.find(name);
  if (kind === 'group') return config.groups.find(name);
  if (kind === 'network') return config.networks.find(name);
  return undefined;
}
