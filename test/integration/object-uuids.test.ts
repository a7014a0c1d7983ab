import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { jobEnd } from '../../src/cluster/index.ts';
import { type SimulatedMaster, startSimulatedMaster } from '../support/simulated-master.ts';
import { tester } from '../support/tester.ts';

// Objects are named by name, by UUID, or by both, as Ganeti's opcodes do.

let master: SimulatedMaster;
afterEach(() => master.close());

const config = () => master.leading.services.config.current;
const uuidOf = (kind: 'instances' | 'nodes' | 'groups', name: string): string => {
  const found = config()[kind].find(name);
  assert.ok(found, name);
  return found.uuid;
};
const create = (instance_name: string, more: object = {}) =>
  master.run({ OP_ID: 'OP_INSTANCE_CREATE', instance_name, disk_template: 'diskless', os_type: 'tiny', start: false, ...more });
const instance = (name: string) => config().instances.find(name);
const other = '11111111-2222-3333-4444-555555555555';

test('by UUID alone: instances, primary nodes, targets', async () => {
  master = await startSimulatedMaster(3);
  await create('web1', { pnode_uuid: uuidOf('nodes', 'node2') });
  const instance_uuid = uuidOf('instances', 'web1');
  assert.equal(instance('web1')?.primary_node, uuidOf('nodes', 'node2'));
  await master.run({ OP_ID: 'OP_INSTANCE_STARTUP', instance_uuid });
  assert.equal(instance('web1')?.admin_state, 'up');
  await master.run({ OP_ID: 'OP_INSTANCE_FAILOVER', instance_uuid, target_node_uuid: uuidOf('nodes', 'node3') });
  assert.equal(instance('web1')?.primary_node, uuidOf('nodes', 'node3'));
  await master.run({ OP_ID: 'OP_NODE_EVACUATE', node_uuid: uuidOf('nodes', 'node3'), remote_node_uuid: uuidOf('nodes', 'node1') });
  await master.run({ OP_ID: 'OP_INSTANCE_SHUTDOWN', instance_uuid, timeout: 0 });
  await master.run({ OP_ID: 'OP_INSTANCE_REMOVE', instance_uuid });
  assert.equal(instance('web1'), undefined);
});

test('by UUID alone: nodes, one and several', async () => {
  master = await startSimulatedMaster(3);
  const node_uuid = uuidOf('nodes', 'node3');
  await master.run({ OP_ID: 'OP_GROUP_ADD', group_name: 'rack2' });
  await master.run({ OP_ID: 'OP_GROUP_ASSIGN_NODES', group_name: 'rack2', node_uuids: [node_uuid] });
  assert.equal(config().nodes.find('node3')?.group, uuidOf('groups', 'rack2'));
  await master.run({ OP_ID: 'OP_TEST_DELAY', duration: 0, on_node_uuids: [node_uuid] });
  await master.run({ OP_ID: 'OP_NODE_SET_PARAMS', node_uuid, drained: true });
  assert.equal(config().nodes.find('node3')?.drained, true);
  await master.run({ OP_ID: 'OP_NODE_REMOVE', node_uuid });
  assert.equal(config().nodes.find('node3'), undefined);
});

test('by both: one object is fine, two are refused and nothing is changed', async () => {
  master = await startSimulatedMaster(2);
  await create('web1');
  await create('web2');
  const instance_uuid = uuidOf('instances', 'web1');
  await master.run({ OP_ID: 'OP_INSTANCE_STARTUP', instance_name: 'web1', instance_uuid });
  for (const wrong of [uuidOf('instances', 'web2'), other]) {
    await assert.rejects(master.run({ OP_ID: 'OP_INSTANCE_REMOVE', instance_name: 'web1', instance_uuid: wrong }), {
      code: 'OBJECT_UUID_DIFFERS',
      message: `The instance "web1" has the UUID ${instance_uuid}, not ${wrong}.`,
    });
  }
  assert.ok(instance('web1') && instance('web2'));
  const [node1, node2] = [uuidOf('nodes', 'node1'), uuidOf('nodes', 'node2')];
  const differs = { code: 'OBJECT_UUID_DIFFERS' };
  await assert.rejects(create('web3', { pnode: 'node1', pnode_uuid: node2 }), differs);
  await assert.rejects(
    master.run({ OP_ID: 'OP_INSTANCE_FAILOVER', instance_name: 'web1', target_node: 'node2', target_node_uuid: node1 }),
    differs,
  );
  await assert.rejects(master.run({ OP_ID: 'OP_NODE_SET_PARAMS', node_name: 'node2', node_uuid: node1, drained: true }), differs);
  await assert.rejects(
    master.run({ OP_ID: 'OP_NODE_EVACUATE', node_name: 'node1', remote_node: 'node2', remote_node_uuid: node1 }),
    differs,
  );
  const assign = { OP_ID: 'OP_GROUP_ASSIGN_NODES', group_name: 'default' };
  await master.run({ ...assign, nodes: ['node1', 'node2'], node_uuids: [node2, node1] });
  const unlike = (problem: string) => ({
    code: 'OBJECT_UUIDS_DIFFER',
    message: `The parameters nodes and node_uuids do not name the same nodes: ${problem}.`,
  });
  const [onlyName, onlyUuid] = [`only nodes has node2 (${node2})`, `only node_uuids has ${node2}`];
  await assert.rejects(master.run({ ...assign, nodes: ['node1'], node_uuids: [node1, node2] }), unlike(onlyUuid));
  await assert.rejects(master.run({ ...assign, nodes: ['node1', 'node2'], node_uuids: [node1] }), unlike(onlyName));
  await assert.rejects(
    master.run({ ...assign, nodes: ['node2'], node_uuids: [node1] }),
    unlike(`${onlyName}; only node_uuids has ${node1}`),
  );
});

test('a UUID of nothing is unknown, and one that is none is refused', async () => {
  master = await startSimulatedMaster(1);
  await assert.rejects(master.run({ OP_ID: 'OP_INSTANCE_STARTUP', instance_uuid: other }), { code: 'OBJECT_UNKNOWN' });
  await assert.rejects(master.run({ OP_ID: 'OP_INSTANCE_STARTUP', instance_name: 'web1', instance_uuid: 'zork' }), {
    code: 'INPUT_INVALID',
  });
  await assert.rejects(master.run({ OP_ID: 'OP_INSTANCE_STARTUP' }), { code: 'INPUT_INVALID' });
});

test('Ganeti tags a "nodegroup"', async () => {
  master = await startSimulatedMaster(1);
  const tags = () => config().groups.find('default')?.tags;
  await master.run({ OP_ID: 'OP_TAGS_SET', kind: 'nodegroup', name: 'default', tags: ['a', 'b'] });
  assert.deepEqual(tags(), ['a', 'b']);
  await master.run({ OP_ID: 'OP_TAGS_DEL', kind: 'nodegroup', name: 'default', tags: ['a'] });
  assert.deepEqual(tags(), ['b']);
});

test('the result of a change of a node tells each capability that was named, changed or not', async () => {
  master = await startSimulatedMaster(2);
  const { jobs } = master.leading.services;
  const resultOf = async (more: object) => {
    const id = await jobs.submit([{ OP_ID: 'OP_NODE_SET_PARAMS', node_name: 'node2', ...more }], tester);
    await jobEnd(jobs, id);
    return (await jobs.get(id))?.ops[0]?.result;
  };
  assert.deepEqual(await resultOf({ vm_capable: true, drained: false }), [['vm_capable', true]]);
  assert.deepEqual(await resultOf({ vm_capable: false }), [['vm_capable', false]]);
});
