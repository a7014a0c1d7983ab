import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opcodeCatalogue } from '../../model/index.ts';
import { namingParameters, objectsOfOpcode } from './objects-of-opcode.ts';

const objects = (id: string, params: Record<string, unknown>) => {
  const definition = opcodeCatalogue.get(id);
  assert.ok(definition, id);
  return objectsOfOpcode(definition, { OP_ID: id, ...params }).map(({ kind, name }) => `${kind} ${name}`);
};

test('an opcode is about what it touches, and what else its parameters name', () => {
  assert.deepEqual(objects('OP_INSTANCE_STARTUP', { instance_name: 'web1' }), ['instance web1']);
  assert.deepEqual(objects('OP_INSTANCE_MIGRATE', { instance_name: 'web1', target_node: 'n2' }), ['instance web1', 'node n2']);
  assert.deepEqual(objects('OP_NODE_EVACUATE', { node_name: 'n1', remote_node: 'n2' }), ['node n1', 'node n2']);
  const nics = [{ network: 'lan' }, { network: null }, { ip: '10.0.0.1' }, { network: 'dmz' }];
  assert.deepEqual(objects('OP_INSTANCE_CREATE', { instance_name: 'web1', pnode: 'n1', group_name: 'g', nics }), [
    'instance web1',
    'node n1',
    'group g',
    'network lan',
    'network dmz',
  ]);
  assert.deepEqual(objects('OP_NODE_ADD', { node_name: 'n1', group: 'g' }), ['node n1', 'group g']);
  assert.deepEqual(objects('OP_TAGS_SET', { kind: 'network', name: 'lan', tags: ['x'] }), ['network lan']);
  assert.deepEqual(objects('OP_CLUSTER_VERIFY', {}), ['cluster cluster']);
});

test('an opcode that takes no locks is about the same objects', () => {
  assert.deepEqual(objects('OP_TEST_DELAY', { on_nodes: ['n1', 'n2'], no_locks: true }), ['node n1', 'node n2']);
});

/** Texts that name no object of the cluster, or a new name. */
const namesNothing = /^(new_name|vlan|disk_name|default_iallocator|ignore_offline_nodes)$/;

test('every parameter that names an object is known as such', () => {
  for (const { id, ownFields } of opcodeCatalogue.values()) {
    for (const name of Object.keys(ownFields)) {
      if (!/(^|_)(names?|nodes?|instances?|groups?|networks?)$|^pnode$/.test(name) || namesNothing.test(name)) continue;
      const ofTags = name === 'name' && id.startsWith('OP_TAGS_');
      const range = name === 'network' && id === 'OP_NETWORK_ADD';
      assert.ok(name in namingParameters || ofTags || range, `${id} has ${name}`);
    }
  }
});
