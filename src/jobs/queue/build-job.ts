import { type Principal, storedPrincipal } from '../../access/index.ts';
import { GantryError } from '../../base/index.ts';
import { type Job, type ReadOpcode, readOpcode } from '../../model/index.ts';
import type { OpInput } from '../job-queue.ts';
import { jobTime } from '../record/job-time.ts';
import type { Dependency } from './dependencies.ts';

const opsLimit = 500;

/** Checks opcodes against the catalogue; returns them in the form that operations know. @throws INPUT_INVALID */
export function readOps(ops: readonly OpInput[]): ReadOpcode[] {
  if (ops.length === 0) throw new GantryError('INPUT_INVALID', { subject: 'job', field: 'ops', problem: 'has no opcode' });
  if (ops.length > opsLimit) {
    throw new GantryError('INPUT_INVALID', {
      subject: 'job',
      field: 'ops',
      problem: `has ${ops.length} opcodes; the limit is ${opsLimit}`,
    });
  }
  return ops.map((op) => {
    const read = readOpcode(op);
    const { definition, params } = read;
    if (params['dry_run'] === true && !definition.dryRun) {
      throw new GantryError('INPUT_INVALID', { subject: definition.id, field: 'dry_run', problem: 'is not possible for this opcode' });
    }
    return read;
  });
}

/**
 * The job as it is stored first. Each opcode's trail of reasons says who submitted it, and gets Ganeti's own entry.
 * @param relative job numbers of the same submission, the latest last, for negative dependencies
 * @throws JOB_DEPENDENCY_UNKNOWN
 */
export function buildJob(
  id: number,
  ops: readonly OpInput[],
  by: Principal,
  nowMs: number,
  relative: readonly number[],
  trace?: string,
): Job {
  const time = Math.round(nowMs * 1e6);
  return {
    id,
    user: by.name,
    principal: storedPrincipal(by),
    ...(trace !== undefined && { trace }),
    ops: ops.map((op, index) => {
      const short = op.OP_ID.replace(/^OP_/, '').toLowerCase();
      const given = (op['reason'] ?? []) as unknown[];
      const reason = [...given, [`gantry:user:${by.name}`, short, time], [`gnt:opcode:${short}`, `job=${id};index=${index}`, time]];
      const depends = (op['depends'] as readonly Dependency[] | null | undefined)?.map(([job, wanted]) => [
        absolute(job, relative),
        wanted,
      ]);
      return {
        input: { ...op, ...(depends ? { depends } : {}), reason },
        status: 'queued',
        result: null,
        log: [],
        start_ts: null,
        exec_ts: null,
        end_ts: null,
      };
    }),
    received_ts: jobTime(nowMs),
    start_ts: null,
    end_ts: null,
    priority: Math.min(...ops.map((op) => (op['priority'] as number | undefined) ?? 0)),
  };
}

function absolute(job: number, relative: readonly number[]): number {
  const id = job < 0 ? relative.at(job) : job;
  if (id === undefined) throw new GantryError('JOB_DEPENDENCY_UNKNOWN', { job });
  return id;
}
