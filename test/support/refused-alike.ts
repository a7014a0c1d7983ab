import assert from 'node:assert/strict';
import { GantryError } from '../../src/base/index.ts';
import { keys } from '../../src/model/index.ts';
import type { SimulatedMaster } from './simulated-master.ts';

type Op = Record<string, unknown> & { OP_ID: string };

/** The dry run and the real run of an opcode are refused with this error, and neither leaves anything changed. */
export async function refusedAlike(master: SimulatedMaster, code: string, op: Op): Promise<void> {
  const before = await everything(master);
  assert.equal(await codeOf(master, { ...op, dry_run: true }), code, `dry run of ${JSON.stringify(op)}`);
  assert.deepEqual(await everything(master), before, 'after the dry run');
  assert.equal(await codeOf(master, op), code, `real run of ${JSON.stringify(op)}`);
  assert.deepEqual(await everything(master), before, 'after the real run');
}

/** The configuration without the marks of changes that were undone, and what is on the nodes. */
async function everything({ store, simulation, leading }: SimulatedMaster): Promise<unknown> {
  const { entries } = await store.range(keys.config);
  const objects = entries.map(({ key, value }) => {
    if (!value.startsWith('{')) return [key, value];
    const { serial_no: _serial, mtime: _mtime, ...object } = JSON.parse(value) as Record<string, unknown>;
    return [key, object];
  });
  const jobs = leading.services.jobs.list().filter(({ ops }) => ops.some(({ status }) => status !== 'success' && status !== 'error'));
  return { objects, jobs: jobs.length, shared: simulation.sharedDisks(), nodes: simulation.nodes.map((node) => simulation.inspect(node)) };
}

async function codeOf(master: SimulatedMaster, op: Op): Promise<string> {
  try {
    await master.run(op);
    return 'accepted';
  } catch (error) {
    return GantryError.from(error).code;
  }
}
