import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { type SimulatedMaster, startSimulatedMaster } from '../support/simulated-master.ts';

// Nodes become master candidates again where the pool has room, as in Ganeti.

let master: SimulatedMaster;
afterEach(() => master.close());

const candidates = () => {
  const nodes = [...master.leading.services.config.current.nodes.values()];
  return nodes
    .filter((node) => node.master_candidate)
    .map(({ name }) => name)
    .sort();
};
const modify = (node_name: string, more: object) => master.run({ OP_ID: 'OP_NODE_SET_PARAMS', node_name, ...more });
const pool = (candidate_pool_size: number) => master.run({ OP_ID: 'OP_CLUSTER_SET_PARAMS', candidate_pool_size });

for (const [state, back] of [
  [{ offline: true }, { offline: false }],
  [{ drained: true }, { drained: false }],
  [{ master_capable: false }, { master_capable: true }],
] as const) {
  test(`a node that was ${Object.keys(state).join()} is a candidate again after it`, async () => {
    master = await startSimulatedMaster(3);
    await modify('node3', state);
    assert.deepEqual(candidates(), ['node1', 'node2']);
    await modify('node3', back);
    assert.deepEqual(candidates(), ['node1', 'node2', 'node3']);
  });
}

test('it stays out where the pool is full, or where the request says so', async () => {
  master = await startSimulatedMaster(3);
  await modify('node3', { drained: true });
  await modify('node3', { drained: false, master_candidate: false, force: true });
  assert.deepEqual(candidates(), ['node1', 'node2']);
  await pool(2);
  await modify('node3', { offline: true });
  await modify('node3', { offline: false });
  assert.deepEqual(candidates(), ['node1', 'node2']);
});

test('another node takes the place of one that leaves: by request, by removal, by a larger pool', async () => {
  master = await startSimulatedMaster(4);
  await pool(2);
  for (const name of ['node3', 'node4']) await modify(name, { master_candidate: false });
  await assert.rejects(modify('node2', { drained: true }), { code: 'CANDIDATES_TOO_FEW' });
  assert.deepEqual(candidates(), ['node1', 'node2']);
  await modify('node2', { drained: true, auto_promote: true });
  assert.deepEqual(candidates(), ['node1', 'node3']);
  await master.run({ OP_ID: 'OP_NODE_REMOVE', node_name: 'node3' });
  assert.deepEqual(candidates(), ['node1', 'node4']);
  await modify('node2', { drained: false });
  assert.deepEqual(candidates(), ['node1', 'node4']);
  await pool(3);
  assert.deepEqual(candidates(), ['node1', 'node2', 'node4']);
});

test('a node has one role: who is made a candidate is neither offline nor drained any more', async () => {
  master = await startSimulatedMaster(3);
  const role = () => {
    const nodes = [...master.leading.services.config.current.nodes.values()];
    const { master_candidate, drained, offline } = nodes.find(({ name }) => name === 'node3') ?? {};
    return { master_candidate, drained, offline };
  };
  const candidate = { master_candidate: true, drained: false, offline: false };
  for (const state of ['offline', 'drained']) {
    await modify('node3', { [state]: true });
    assert.deepEqual(role(), { ...candidate, master_candidate: false, [state]: true });
    await modify('node3', { master_candidate: true });
    assert.deepEqual(role(), candidate);
  }
  for (const two of [
    { offline: true, drained: true },
    { master_candidate: true, drained: true },
    { master_candidate: true, offline: true },
  ]) {
    await assert.rejects(modify('node3', two), { code: 'INPUT_INVALID' });
    assert.deepEqual(role(), candidate);
  }
});
