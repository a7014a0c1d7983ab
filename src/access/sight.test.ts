import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError } from '../base/index.ts';
import { readOpcode } from '../model/index.ts';
import { createSight } from './sight.ts';

const collection = (...names: string[]) => {
  const objects = names.map((name) => ({ uuid: `u-${name}`, name, tags: [], primary_node: '', group: '' }));
  return {
    find: (name: string) => objects.find((one) => one.name === name.toLowerCase()),
    get: () => undefined,
    values: () => objects.values(),
  };
};
const none = collection();
const config = {
  instances: collection('web1', 'web2'),
  nodes: collection('node1', 'node2'),
  groups: collection('rack1', 'rack2'),
  networks: none,
} as never;
const sight = createSight(({ name }) => name.endsWith('1'), { config, job: () => undefined });
const op = (OP_ID: string, more: object) => readOpcode({ OP_ID, ...more });
const start = (instance_name: string) => op('OP_INSTANCE_STARTUP', { instance_name });
const create = op('OP_INSTANCE_CREATE', { instance_name: 'Web2', disk_template: 'diskless', disks: [], nics: [], pnode: 'node1' });

test('what an opcode names and is hidden or missing is unknown; what it creates is not', () => {
  assert.equal(sight.unknownOf(start('WEB1')), undefined);
  assert.deepEqual(sight.unknownOf(start('web2')), { kind: 'instance', name: 'web2' });
  assert.deepEqual(sight.unknownOf(start('web3')), { kind: 'instance', name: 'web3' });
  assert.equal(sight.unknownOf(start('Web3'), new Set(['instance web3'])), undefined);
  assert.equal(sight.unknownOf(create), undefined);
  assert.deepEqual(sight.unknownOf({ ...create, params: { ...create.params, pnode: 'node2' } }), { kind: 'node', name: 'node2' });
});

test('what gets the name of something hidden does not lead to it', () => {
  const on = (pnode: string) => ({ ...create, params: { ...create.params, instance_name: pnode, pnode } });
  assert.deepEqual(sight.unknownOf(on('node2')), { kind: 'node', name: 'node2' });
  assert.deepEqual(sight.unknownOf(on('node3')), { kind: 'node', name: 'node3' });
  assert.equal(sight.unknownOf(on('node1')), undefined);
  const rename = (group_name: string, new_name: string) => op('OP_GROUP_RENAME', { group_name, new_name });
  assert.deepEqual(sight.unknownOf(rename('rack2', 'RACK2')), { kind: 'group', name: 'rack2' });
  assert.equal(sight.unknownOf(rename('rack1', 'RACK2')), undefined);
  assert.deepEqual(sight.unknownOf(start('node4'), new Set(['node node4'])), { kind: 'instance', name: 'node4' });
});

test('an unknown object is told with the closest name that can be seen', () => {
  const facts = { kind: 'instance', name: 'web2', did_you_mean: 'web1' };
  assert.throws(() => sight.requireNamed(start('web2')), { code: 'OBJECT_UNKNOWN', facts });
  assert.throws(() => sight.requireNamed(start('quite-another')), { facts: { kind: 'instance', name: 'quite-another' } });
  sight.requireNamed(start('web1'));
});

test('an error loses the suggestion of what cannot be seen, and no other fact', () => {
  const error = (facts: object) => new GantryError('OBJECT_UNKNOWN', facts as never);
  assert.deepEqual(sight.conceal(error({ kind: 'node', name: 'node22', did_you_mean: 'node2' })).facts, {
    kind: 'node',
    name: 'node22',
    did_you_mean: 'node1',
  });
  assert.deepEqual(sight.conceal(error({ kind: 'network', name: 'lan', did_you_mean: 'lan2' })).facts, { kind: 'network', name: 'lan' });
  for (const plain of [error({ kind: 'node', name: 'x' }), new GantryError('JOB_UNKNOWN', { job: 1 })])
    assert.equal(sight.conceal(plain), plain);
});
