import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { instanceRow } from '../../src/api/rows/instance-row.ts';
import { jobEnd } from '../../src/cluster/index.ts';
import { instanceKind, liveInstance } from '../../src/query/index.ts';
import { type SimulatedMaster, startSimulatedMaster } from '../support/simulated-master.ts';
import { tester } from '../support/tester.ts';

// A guest that a disk error stopped. Agents and jobs are real; the guest is not. The real one: src/node/hypervisor/kvm/resume-instance.test.ts.

let master: SimulatedMaster | undefined;
afterEach(async () => {
  await master?.close();
  master = undefined;
});

const create = { OP_ID: 'OP_INSTANCE_CREATE', instance_name: 'web1', pnode: 'node1', no_install: true, disks: [{ size: 64 }] };
const problem = 'disk 0 could not be written: no space left in /srv';

async function stalled(): Promise<SimulatedMaster> {
  const started = await startSimulatedMaster(2);
  master = started;
  await started.run(create);
  const [node = ''] = started.simulation.nodes;
  started.simulation.stall(node, 'web1', problem);
  await started.leading.services.live.refresh(node);
  return started;
}

function shown({ leading }: SimulatedMaster) {
  const { config, live, jobs } = leading.services;
  const instance = config.current.instances.find('web1') ?? assert.fail();
  const view = { config: config.current, live, jobs };
  const value = (wanted: string) => (instanceKind.byName.get(wanted) ?? assert.fail(wanted)).get(instance, view);
  const { status, running } = liveInstance(instance, view);
  return { status, running, oper_state: value('oper_state'), oper_problem: value('oper_problem'), row: instanceRow(instance, view) };
}

async function verify({ leading }: SimulatedMaster): Promise<readonly (readonly [string, string])[]> {
  const { jobs } = leading.services;
  const id = await jobs.submit([{ OP_ID: 'OP_CLUSTER_VERIFY' }], tester);
  await jobEnd(jobs, id);
  const { problems } = (await jobs.get(id))?.ops[0]?.result as { problems: readonly { code: string; text: string }[] };
  return problems.map(({ code, text }) => [code, text] as const);
}

test('its state, its row and the verification tell it with the reason', async () => {
  const one = await stalled();
  const { row, ...rest } = shown(one);
  assert.deepEqual(rest, { status: 'ERROR_down', running: true, oper_state: false, oper_problem: problem });
  assert.equal(row['oper_problem'], problem);
  assert.equal(row['status'], 'ERROR_down');
  assert.deepEqual(await verify(one), [['VERIFY_INSTANCE_STALLED', `was stopped on node1 by a disk error: ${problem}.`]]);
});

for (const OP_ID of ['OP_INSTANCE_RESUME', 'OP_INSTANCE_STARTUP']) {
  test(`${OP_ID} lets it go on`, async () => {
    const one = await stalled();
    await one.run({ OP_ID, instance_name: 'web1' });
    const { row, ...rest } = shown(one);
    assert.deepEqual(rest, { status: 'running', running: true, oper_state: true, oper_problem: null });
    assert.ok(!('oper_problem' in row));
    assert.deepEqual(await verify(one), []);
  });
}

test('what does not run cannot be resumed, and what runs is left alone', async () => {
  const one = await stalled();
  await one.run({ OP_ID: 'OP_INSTANCE_RESUME', instance_name: 'web1' });
  await one.run({ OP_ID: 'OP_INSTANCE_RESUME', instance_name: 'web1' });
  await one.run({ OP_ID: 'OP_INSTANCE_SHUTDOWN', instance_name: 'web1', timeout: 0 });
  await assert.rejects(one.run({ OP_ID: 'OP_INSTANCE_RESUME', instance_name: 'web1' }), { code: 'INSTANCE_NOT_RUNNING' });
});
