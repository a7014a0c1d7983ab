import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { jobEnd } from '../../src/cluster/index.ts';
import { type Job, jobStatus, keys } from '../../src/model/index.ts';
import type { RpcName } from '../../src/rpc/index.ts';
import type { Store } from '../../src/store/index.ts';
import { type SimulatedMaster, startSimulatedMaster } from '../support/simulated-master.ts';
import { tester } from '../support/tester.ts';
import { until } from '../support/until.ts';

// Jobs that were stored in their middle when steps had names and no ids, and plans had no version.

let master: SimulatedMaster | undefined;

afterEach(async () => {
  await master?.close();
  master = undefined;
});

const create = { OP_ID: 'OP_INSTANCE_CREATE', instance_name: 'web1', pnode: 'node1', os_type: 'tiny', disks: [{ size: 64 }, { size: 8 }] };
const migrate = { OP_ID: 'OP_INSTANCE_MIGRATE', instance_name: 'web1', target_node: 'node2' };
const failover = { OP_ID: 'OP_INSTANCE_FAILOVER', instance_name: 'web1', target_node: 'node2' };
const remove = { OP_ID: 'OP_INSTANCE_REMOVE', instance_name: 'web1' };

/** What the steps were called, by their ids. */
const created = {
  reserve: 'reserve name, addresses and room',
  'create-disk-0': 'create disk 0',
  'create-disk-1': 'create disk 1',
  'install-os': 'install the OS',
};
const moved = { 'keep-room': 'keep room on the new node', 'record-node': 'record the new node' };
const migrated = {
  ...moved,
  'prepare-target': 'prepare the target',
  'send-memory': 'send its memory',
  'finish-target': 'take over on the target',
};

const cases: [op: Record<string, unknown> & { OP_ID: string }, held: RpcName, names: Record<string, string>][] = [
  [create, 'disk-create', { reserve: created.reserve }],
  [create, 'instance-start', created],
  [migrate, 'migration-send', { 'keep-room': moved['keep-room'], 'prepare-target': migrated['prepare-target'] }],
  [failover, 'instance-start', { ...moved, stop: 'stop it on the old node' }],
  [remove, 'disk-remove', { stop: 'stop', 'record-down': 'record that it is down' }],
];

/** The stored job as a version without ids has written it. */
async function rename(store: Store, id: number, names: Readonly<Record<string, string>>): Promise<void> {
  const entry = await store.get(keys.job(id));
  const job = JSON.parse(entry?.value ?? '') as Job;
  const [op] = job.ops as [Job['ops'][number]];
  assert.ok(op.execution);
  assert.deepEqual(op.execution.outcomes.map(({ step }) => step).sort(), Object.keys(names).sort(), 'it stands where the table says');
  const { version, ...execution } = op.execution;
  assert.equal(version, 1);
  const outcomes = execution.outcomes.map((outcome) => ({ ...outcome, step: names[outcome.step] }));
  const value = JSON.stringify({ ...job, ops: [{ ...op, execution: { ...execution, outcomes } }] });
  await store.transact({ compares: [], writes: [{ type: 'put', key: keys.job(id), value }] });
}

/** A cluster whose job stands still at a call, taken over by a master that finds it as an earlier version stored it. */
async function goOn(op: (typeof cases)[number][0], held: RpcName, names: Record<string, string>): Promise<Job> {
  const now = (master = await startSimulatedMaster(3));
  if (op !== create) await now.run(create);
  const gate = Promise.withResolvers<void>();
  now.simulation.hold(held, gate.promise);
  const id = await now.leading.services.jobs.submit([op], tester);
  const count = Object.keys(names).length;
  await until('the job stands at the call', () => now.leading.services.jobs.present(id)?.job.ops[0]?.execution?.outcomes.length === count);
  await now.succeed(async (store) => {
    await rename(store, id, names);
    gate.resolve();
  });
  return jobEnd(now.leading.services.jobs, id);
}

for (const [op, held, names] of cases) {
  test(`${op.OP_ID} goes on behind ${Object.values(names).at(-1)}`, async () => {
    const job = await goOn(op, held, names);
    assert.equal(jobStatus(job), 'success');
    const { simulation, leading } = master as SimulatedMaster;
    const running = simulation.nodes.map((node) => simulation.inspect(node).machines.length);
    const where = op === create ? 0 : 1;
    assert.deepEqual(running, op === remove ? [0, 0, 0] : [0, 1, 2].map((node) => (node === where ? 1 : 0)));
    assert.equal(leading.services.config.current.instances.size, op === remove ? 0 : 1);
  });
}
