import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { type ErrorCode, GantryError } from '../../src/base/index.ts';
import { keys } from '../../src/model/index.ts';
import type { RpcName } from '../../src/rpc/index.ts';
import { type SimulatedMaster, startSimulatedMaster } from '../support/simulated-master.ts';

// What a node never made is undone at once: no attempts, and no instance that stays.

let master: SimulatedMaster | undefined;
afterEach(async () => {
  await master?.close();
  master = undefined;
});

const create = {
  OP_ID: 'OP_INSTANCE_CREATE',
  instance_name: 'web1',
  pnode: 'node1',
  no_install: true,
  disks: [{ size: 64 }, { size: 64 }],
};

/** A creation on a node where these methods fail, each time, with one error. */
async function failing(code: ErrorCode, facts: Record<string, string>, methods: readonly RpcName[]): Promise<SimulatedMaster> {
  const started = await startSimulatedMaster(2);
  master = started;
  for (const method of methods) {
    for (let nth = 1; nth <= 20; nth++) started.simulation.addFault({ method, nth, error: new GantryError(code, facts) });
  }
  await assert.rejects(started.run(create), { code });
  assert.equal(started.leading.services.config.current.instances.size, 0);
  return started;
}

async function garbageOf({ store }: SimulatedMaster): Promise<[string, string][]> {
  const { entries } = await store.range(keys.garbage);
  return entries.map(({ value }) => JSON.parse(value) as { type: string; node: string }).map(({ type, node }) => [type, node]);
}

test('a disk whose folder is missing', async () => {
  const facts = { directory: '/srv/none', template: 'sharedfile' };
  const started = await failing('STORAGE_DIR_MISSING', facts, ['disk-create', 'disk-remove']);
  const { simulation } = started;
  assert.equal(simulation.count('disk-remove'), 1);
  // The folder may be back later with the disk in it.
  assert.deepEqual(await garbageOf(started), [['disk', simulation.nodes[0]]]);
});

test('a disk of a template that the node does not have', async () => {
  const facts = { template: 'sharedfile', available: 'file' };
  const started = await failing('STORAGE_TEMPLATE_UNSUPPORTED', facts, ['disk-create', 'disk-remove']);
  assert.equal(started.simulation.count('disk-remove'), 1);
  assert.deepEqual(await garbageOf(started), []);
});

test('a machine of a hypervisor that the node does not have', async () => {
  const facts = { hypervisor: 'kvm', problem: 'this node has no adapter for it' };
  const { simulation } = await failing('HYPERVISOR_UNSUPPORTED', facts, ['instance-start', 'instance-stop']);
  assert.equal(simulation.count('instance-stop'), 1);
  assert.deepEqual(simulation.sharedDisks(), []);
});
