import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { watcherPrincipal } from '../../src/access/index.ts';
import { GantryError, silentLog } from '../../src/base/index.ts';
import type { Garbage } from '../../src/cluster/garbage.ts';
import { createStoredGarbage } from '../../src/cluster/stored-garbage.ts';
import { type SimulatedMaster, startSimulatedMaster } from '../support/simulated-master.ts';
import { tester } from '../support/tester.ts';
import { until } from '../support/until.ts';

// What a master does when it cannot know what a node has done. Agents, handlers and jobs are the real ones.

let master: SimulatedMaster | undefined;

afterEach(async () => {
  await master?.close();
  master = undefined;
});

const create = { OP_ID: 'OP_INSTANCE_CREATE', instance_name: 'web1', pnode: 'node1', no_install: true, disks: [{ size: 64 }] };
const lost = new GantryError('NODE_TIMED_OUT', { node: 'node', method: 'any', seconds: 1 });

function nodesOf({ simulation }: SimulatedMaster): [string, string, string] {
  return simulation.nodes as unknown as [string, string, string];
}

const statesOn = ({ simulation }: SimulatedMaster, node: string) => simulation.inspect(node).machines.map(({ state }) => state);
const primaryOf = ({ leading }: SimulatedMaster) => leading.services.config.current.instances.find('web1')?.primary_node;

test('a migration whose end nobody reports goes on when the instance has arrived', async () => {
  master = await startSimulatedMaster(3);
  const [source, target] = nodesOf(master);
  await master.run(create);
  master.simulation.addFault({ method: 'migration-send', nth: 1, error: lost, when: 'after' });
  await master.run({ OP_ID: 'OP_INSTANCE_MIGRATE', instance_name: 'web1', target_node: 'node2' });
  assert.deepEqual(statesOn(master, target), ['running']);
  assert.deepEqual(statesOn(master, source), []);
  assert.equal(primaryOf(master), target);
});

test('a migration that nobody can tell the end of ends no copy that has arrived', async () => {
  master = await startSimulatedMaster(3);
  const [source, target] = nodesOf(master);
  await master.run(create);
  master.simulation.addFault({ method: 'migration-send', nth: 1, error: lost, when: 'after' });
  // The target is not reached while the step asks (it is looked at before, when it prepares), and is when it is undone.
  master.simulation.addFault({ method: 'instance-list', node: target, nth: 2, error: lost });
  await assert.rejects(master.run({ OP_ID: 'OP_INSTANCE_MIGRATE', instance_name: 'web1', target_node: 'node2' }), {
    code: 'JOB_UNDO_FAILED',
  });
  assert.deepEqual(statesOn(master, target), ['running']);
  assert.deepEqual(statesOn(master, source), ['paused']);
  await master.run({ OP_ID: 'OP_INSTANCE_MIGRATE', instance_name: 'web1', cleanup: true });
  assert.deepEqual(statesOn(master, target), ['running']);
  assert.deepEqual(statesOn(master, source), []);
  assert.equal(primaryOf(master), target);
});

test('a failover does not start an instance again while it may run on the new node', async () => {
  master = await startSimulatedMaster(3);
  const [source, target] = nodesOf(master);
  await master.run(create);
  master.simulation.addFault({ method: 'instance-start', node: target, nth: 1, error: lost, when: 'after' });
  for (let nth = 1; nth <= 20; nth++) master.simulation.addFault({ method: 'instance-stop', node: target, nth, error: lost });
  await assert.rejects(master.run({ OP_ID: 'OP_INSTANCE_FAILOVER', instance_name: 'web1', target_node: 'node2' }), {
    code: 'JOB_UNDO_FAILED',
  });
  assert.deepEqual(statesOn(master, target), ['running']);
  assert.deepEqual(statesOn(master, source), []);
  assert.equal(primaryOf(master), target);
});

test('a failover whose start fails on a node that answers goes back', async () => {
  master = await startSimulatedMaster(3);
  const [source, target] = nodesOf(master);
  await master.run(create);
  const error = new GantryError('HYPERVISOR_START_FAILED', { name: 'web1', problem: 'out of luck', log: 'nowhere' });
  master.simulation.addFault({ method: 'instance-start', node: target, nth: 1, error });
  await assert.rejects(master.run({ OP_ID: 'OP_INSTANCE_FAILOVER', instance_name: 'web1', target_node: 'node2' }), {
    code: 'HYPERVISOR_START_FAILED',
  });
  assert.deepEqual(statesOn(master, source), ['running']);
  assert.deepEqual(statesOn(master, target), []);
  assert.equal(primaryOf(master), source);
});

test('a node that hangs does not make the reports of the others old', { timeout: 20_000 }, async () => {
  master = await startSimulatedMaster(3, { pollIntervalMs: 15, patienceMs: 16_500 });
  const [one, two, hanging] = nodesOf(master);
  const { live } = master.leading.services;
  master.simulation.setFault(hanging, 'hang');
  const seen = () => [one, two].map((node) => live.node(node)?.at ?? 0);
  for (let look = 0; look < 3; look++) {
    const before = seen();
    await until('both nodes were seen again', () => seen().every((at, index) => at > (before[index] ?? 0)));
  }
});

test('the watcher leaves alone what was stopped after it had looked', async () => {
  master = await startSimulatedMaster(3);
  const [one] = nodesOf(master);
  await master.run(create);
  const { jobs } = master.leading.services;
  const stop = await jobs.submit([{ OP_ID: 'OP_INSTANCE_SHUTDOWN', instance_name: 'web1' }], tester);
  const start = await jobs.submit([{ OP_ID: 'OP_INSTANCE_STARTUP', instance_name: 'web1', no_remember: true }], watcherPrincipal);
  for (const id of [stop, start]) await jobs.waitForChange(id, { status: 'queued', timeoutMs: 1 });
  await until('all jobs have ended', () => jobs.list().every((job) => job.end_ts !== null));
  assert.deepEqual(statesOn(master, one), []);
});

test('what is left on a node waits for jobs of its instance, and is noted by the leader alone', async () => {
  master = await startSimulatedMaster(2);
  const [, node] = nodesOf(master);
  const { store, simulation, leading } = master;
  const { config, live } = leading.services;
  const left: Garbage = { type: 'instance', node, uuid: '00000000-0000-4000-8000-0000000000ee', name: 'web9', hypervisor: 'kvm' };
  let busy = true;
  const parts = { store, config, nodes: simulation.withTerm(leading.leadership.term), live: () => live, log: silentLog };
  const garbage = createStoredGarbage({ ...parts, leadership: leading.leadership, isBusy: () => busy });
  await garbage.add(left);
  await garbage.collect();
  assert.equal(simulation.count('instance-stop'), 0);
  assert.deepEqual(await garbage.list(), [left]);
  const { key, modRevision } = leading.leadership.compare;
  const deposed = createStoredGarbage({
    ...parts,
    leadership: { compare: { key, modRevision: modRevision - 1 }, lose: () => undefined },
    isBusy: () => false,
  });
  await assert.rejects(deposed.add({ ...left, name: 'web8' }), { code: 'FENCED' });
  await deposed.collect();
  assert.deepEqual(await garbage.list(), [left]);
  busy = false;
  await garbage.collect();
  assert.deepEqual(await garbage.list(), []);
});
