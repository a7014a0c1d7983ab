import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { jobEnd } from '../../src/cluster/index.ts';
import { type SimulatedMaster, startSimulatedMaster } from '../support/simulated-master.ts';
import { tester } from '../support/tester.ts';

// Jobs that come at the same time, of which one takes away what the other one builds on.

let master: SimulatedMaster | undefined;

afterEach(async () => {
  await master?.close();
  master = undefined;
});

type Op = Record<string, unknown> & { OP_ID: string };

/** Submits both at once; the codes of their errors, null for success. */
async function race({ leading }: SimulatedMaster, ...ops: readonly Op[]): Promise<(string | null)[]> {
  const { jobs } = leading.services;
  const ids = await jobs.submitMany(
    ops.map((op) => [op]),
    tester,
  );
  return Promise.all(
    ids.map((id) =>
      jobEnd(jobs, id).then(
        () => null,
        (error: { code: string }) => error.code,
      ),
    ),
  );
}

const create = { OP_ID: 'OP_INSTANCE_CREATE', instance_name: 'web1', no_install: true, disks: [{ size: 64 }] };

test('a node is not removed under an instance that placement puts there', async () => {
  master = await startSimulatedMaster(2);
  const removeNode = { OP_ID: 'OP_NODE_REMOVE', node_name: 'node2' };
  const { config } = master.leading.services;
  await master.run({ OP_ID: 'OP_GROUP_ADD', group_name: 'other' });
  await master.run({ OP_ID: 'OP_GROUP_ASSIGN_NODES', group_name: 'other', nodes: ['node2'] });
  assert.deepEqual(await race(master, { ...create, group_name: 'other' }, removeNode), [null, 'NODE_NOT_EMPTY']);
  for (const { primary_node } of config.current.instances.values()) assert.ok(config.current.nodes.get(primary_node));
});

test('a drained node gets no instance that was planned before', async () => {
  master = await startSimulatedMaster(2);
  await master.run({ OP_ID: 'OP_GROUP_ADD', group_name: 'other' });
  await master.run({ OP_ID: 'OP_GROUP_ASSIGN_NODES', group_name: 'other', nodes: ['node2'] });
  const drain = { OP_ID: 'OP_NODE_SET_PARAMS', node_name: 'node2', drained: true };
  const [drained, created] = await race(master, drain, { ...create, group_name: 'other' });
  assert.equal(drained, null);
  assert.match(String(created), /^(NODE_DRAINED|PLACEMENT_IMPOSSIBLE)$/);
});

test('a network is not taken away under a NIC that is being made', async () => {
  master = await startSimulatedMaster(1);
  await master.run({ OP_ID: 'OP_NETWORK_ADD', network_name: 'lan', network: '192.0.2.0/24' });
  const group = { network_name: 'lan', group_name: 'default' };
  await master.run({ OP_ID: 'OP_NETWORK_CONNECT', ...group, network_mode: 'bridged', network_link: 'br0' });
  const nics = [{ network: 'lan', ip: 'pool' }];
  assert.deepEqual(await race(master, { ...create, nics }, { OP_ID: 'OP_NETWORK_DISCONNECT', ...group }), [null, 'NETWORK_IN_USE']);
});

test('a group is not removed under a node that joins it', async () => {
  master = await startSimulatedMaster(1);
  await master.run({ OP_ID: 'OP_GROUP_ADD', group_name: 'other' });
  const node = { node_name: 'node9', primary_ip: '192.0.2.9', agent_port: 1811, certificate_fingerprint: 'a'.repeat(64) };
  const removeGroup = { OP_ID: 'OP_GROUP_REMOVE', group_name: 'other' };
  assert.deepEqual(await race(master, { OP_ID: 'OP_NODE_ADD', ...node, group: 'other' }, removeGroup), [null, 'GROUP_NOT_EMPTY']);
});

test('a removed group leaves no connection behind', async () => {
  master = await startSimulatedMaster(1);
  await master.run({ OP_ID: 'OP_GROUP_ADD', group_name: 'other' });
  await master.run({ OP_ID: 'OP_NETWORK_ADD', network_name: 'lan', network: '192.0.2.0/24' });
  const connection = { network_name: 'lan', group_name: 'other', network_mode: 'bridged', network_link: 'br0' };
  await master.run({ OP_ID: 'OP_NETWORK_CONNECT', ...connection });
  await master.run({ OP_ID: 'OP_GROUP_REMOVE', group_name: 'other' });
  assert.deepEqual(master.leading.services.config.current.networks.find('lan')?.groups, {});
  await master.run({ OP_ID: 'OP_NETWORK_REMOVE', network_name: 'lan' });
});

test('two nodes that stop being candidates at once do not leave too few', async () => {
  master = await startSimulatedMaster(3);
  await master.run({ OP_ID: 'OP_CLUSTER_SET_PARAMS', candidate_pool_size: 2 });
  const demote = (node_name: string) => ({ OP_ID: 'OP_NODE_SET_PARAMS', node_name, master_candidate: false });
  assert.deepEqual((await race(master, demote('node2'), demote('node3'))).toSorted(), ['CANDIDATES_TOO_FEW', null]);
});
