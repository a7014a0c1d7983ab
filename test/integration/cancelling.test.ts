import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { GantryError, systemClock } from '../../src/base/index.ts';
import { jobEnd } from '../../src/cluster/index.ts';
import { type Job, jobStatus } from '../../src/model/index.ts';
import type { Simulation } from '../../src/node/index.ts';
import type { JobNodeCaller, RpcName } from '../../src/rpc/index.ts';
import { type SimulatedMaster, startSimulatedMaster } from '../support/simulated-master.ts';
import { tester } from '../support/tester.ts';
import { until } from '../support/until.ts';

// Jobs that are cancelled or overtaken while a node works for them. Agents and jobs are real, guests are not.

let master: SimulatedMaster | undefined;

afterEach(async () => {
  await master?.close();
  master = firstTerm = undefined;
});

type Op = Record<string, unknown> & { OP_ID: string };
const create = { OP_ID: 'OP_INSTANCE_CREATE', instance_name: 'web1', pnode: 'node1', no_install: true, disks: [{ size: 64 }] };
const on = (OP_ID: string, more: object = {}): Op => ({ OP_ID, instance_name: 'web1', ...more });

/** A job whose agent's work on `method` has begun. */
async function begun(now: SimulatedMaster, op: Op, method: RpcName): Promise<number> {
  const before = now.simulation.count(method);
  const id = await now.leading.services.jobs.submit([op], tester);
  await until(`${method} is called`, () => now.simulation.count(method) > before);
  return id;
}

/** An instance whose guest ignores its power button. */
async function withDeafGuest(): Promise<SimulatedMaster> {
  const now = (master = await startSimulatedMaster(2));
  await now.run(create);
  now.simulation.ignorePowerButton('web1');
  return now;
}

const jobOf = async (now: SimulatedMaster, id: number): Promise<Job> => (await now.leading.services.jobs.get(id)) as Job;
const logOf = (job: Job) => job.ops.flatMap(({ log }) => log.map(([, , , text]) => String(text))).join('\n');
const runs = (now: SimulatedMaster) => now.simulation.inspect(now.simulation.nodes[0] as string).machines.length === 1;

test('a graceful shutdown that is cancelled ends at once, and the guest runs on', async () => {
  const now = await withDeafGuest();
  const id = await begun(now, on('OP_INSTANCE_SHUTDOWN'), 'instance-stop');
  const { cancelled, message } = await now.leading.services.jobs.cancel(id);
  const plan = 'step 1 of 2 (stop) is told to end; what it has done by then stays; if it is done first, the job continues';
  assert.deepEqual([cancelled, message], [true, `Job ${id} will be cancelled: ${plan}`]);
  await assert.rejects(jobEnd(now.leading.services.jobs, id), { code: 'CANCELLED' });
  assert.equal(jobStatus(await jobOf(now, id)), 'canceled');
  assert.equal(runs(now), true);
  assert.equal(now.leading.services.config.current.instances.find('web1')?.admin_state, 'up');
  await now.run(on('OP_INSTANCE_SHUTDOWN', { force: true }));
  assert.equal(runs(now), false);
});

for (const [what, op, runsAfter] of [
  ['a forced shutdown', on('OP_INSTANCE_SHUTDOWN', { force: true }), false],
  ['a shutdown without patience', on('OP_INSTANCE_SHUTDOWN', { timeout: 0 }), false],
  ['a hard reboot', on('OP_INSTANCE_REBOOT', { reboot_type: 'hard' }), true],
  ['a removal without patience', on('OP_INSTANCE_REMOVE', { shutdown_timeout: 0 }), false],
] as const) {
  test(`${what} overtakes a graceful stop`, async () => {
    const now = await withDeafGuest();
    const graceful = await begun(now, on('OP_INSTANCE_SHUTDOWN'), 'instance-stop');
    const forced = await now.leading.services.jobs.submit([op], tester);
    await jobEnd(now.leading.services.jobs, forced);
    assert.equal(jobStatus(await jobOf(now, graceful)), 'success');
    assert.match(logOf(await jobOf(now, graceful)), new RegExp(`Overtaken by job ${forced}: web1 is stopped hard\\.`));
    assert.equal(runs(now), runsAfter);
  });
}

test('jobs that can wait do not hurry a graceful stop', async () => {
  const now = await withDeafGuest();
  const graceful = await begun(now, on('OP_INSTANCE_SHUTDOWN'), 'instance-stop');
  const { jobs } = now.leading.services;
  const waiting = await jobs.submitMany([[on('OP_INSTANCE_REBOOT')], [on('OP_INSTANCE_SHUTDOWN')], [on('OP_INSTANCE_STARTUP')]], tester);
  await until('they wait', () => waiting.every((id) => jobs.present(id)?.waitingFor.length === 1));
  assert.equal(now.simulation.count('instance-stop'), 1);
  assert.equal(jobStatus(await jobOf(now, graceful)), 'running');
  for (const id of waiting) await jobs.cancel(id);
  await jobs.cancel(graceful);
});

test('a creation that is cancelled in any of its steps leaves nothing', async () => {
  const now = (master = await startSimulatedMaster(2));
  for (const held of ['disk-create', 'os-install', 'instance-start'] as const) {
    const gate = Promise.withResolvers<void>();
    now.simulation.hold(held, gate.promise);
    const id = await begun(now, { ...create, no_install: false, os_type: 'tiny' }, held);
    assert.equal((await now.leading.services.jobs.cancel(id)).cancelled, true);
    gate.resolve();
    await assert.rejects(jobEnd(now.leading.services.jobs, id), { code: 'CANCELLED' });
    assert.equal(now.leading.services.config.current.instances.size, 0, held);
    assert.deepEqual([now.simulation.sharedDisks(), runs(now)], [[], false]);
    for (const node of now.simulation.nodes) assert.deepEqual(now.simulation.inspect(node).disks, []);
  }
});

test('a migration that is cancelled while it sends goes on where it was', async () => {
  const now = (master = await startSimulatedMaster(2));
  await now.run({ ...create, disk_template: 'sharedfile' });
  const gate = Promise.withResolvers<void>();
  now.simulation.hold('migration-send', gate.promise);
  const id = await begun(now, on('OP_INSTANCE_MIGRATE', { target_node: 'node2' }), 'migration-send');
  assert.equal((await now.leading.services.jobs.cancel(id)).cancelled, true);
  gate.resolve();
  const job = await jobEnd(now.leading.services.jobs, id).catch(() => jobOf(now, id));
  // The request may have reached the node before it was told to end; then it has moved.
  const target = jobStatus(job) === 'success' ? 1 : 0;
  assert.ok(['success', 'canceled'].includes(jobStatus(job)));
  assert.deepEqual(
    now.simulation.nodes.map((node) => now.simulation.inspect(node).machines.map(({ state }) => state)),
    target === 1 ? [[], ['running']] : [['running'], []],
  );
});

/** The nodes of the first of several masters are not told of a cancelling before it stops. */
function firstIsMute(simulation: Simulation, term: number): JobNodeCaller {
  const caller = simulation.withTerm(term);
  firstTerm ??= term;
  if (term > firstTerm) return caller;
  return {
    call: (node, method, params, { signal: _signal, cancel: _cancel, ...options } = {}) => caller.call(node, method, params, options),
    cancelStep: () => Promise.reject(new Error('this master tells nobody')),
  };
}
let firstTerm: number | undefined;

test('the node that still works for the former master is told by the next one that the job is cancelled', async () => {
  const now = (master = await startSimulatedMaster(2, { connect: firstIsMute }));
  await now.run(create);
  now.simulation.ignorePowerButton('web1');
  // After its time the guest would be stopped hard, for a job that was cancelled long before.
  const id = await begun(now, on('OP_INSTANCE_SHUTDOWN', { timeout: 1 }), 'instance-stop');
  await now.leading.services.jobs.cancel(id);
  await now.succeed();
  await assert.rejects(jobEnd(now.leading.services.jobs, id), { code: 'CANCELLED' });
  await systemClock.sleep(1500);
  assert.equal(runs(now), true);
});

test('an agent that does not know how to end a step lets the job be cancelled all the same', async () => {
  const older = (simulation: Simulation, term: number): JobNodeCaller => ({
    ...firstIsMute(simulation, term),
    cancelStep: () => Promise.reject(new GantryError('RPC_METHOD_UNKNOWN', { method: 'DELETE /rpc/steps/x' })),
  });
  const now = (master = await startSimulatedMaster(2, { connect: older }));
  await now.run(create);
  now.simulation.ignorePowerButton('web1');
  const id = await begun(now, on('OP_INSTANCE_SHUTDOWN'), 'instance-stop');
  await now.leading.services.jobs.cancel(id);
  await now.succeed();
  await assert.rejects(jobEnd(now.leading.services.jobs, id), { code: 'CANCELLED' });
});
