import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigSnapshot } from '../../store/index.ts';
import { resolveObject } from './resolve-object.ts';

/** A collection that finds by name in any case, and by UUID. */
function collection<Item extends { name: string; uuid: string }>(...items: Item[]) {
  const find = (text: string) => items.find(({ name, uuid }) => name === text.toLowerCase() || uuid === text);
  return { find, get: (uuid: string) => items.find((one) => one.uuid === uuid) };
}

const config = {
  cluster: { uuid: 'c', cluster_name: 'east', tags: ['prod'] },
  groups: collection({ uuid: 'g1', name: 'rack1', tags: ['cold'] }),
  nodes: collection({ uuid: 'n1', name: 'node1', tags: ['ssd'], group: 'g1' }),
  networks: collection({ uuid: 'l1', name: 'lan', tags: [] }),
  instances: collection(
    { uuid: 'i1', name: 'web1', tags: ['team:a'], primary_node: 'n1' },
    { uuid: 'i2', name: 'odd', tags: [], primary_node: 'gone' },
  ),
} as unknown as ConfigSnapshot;
const jobs = new Map([
  [7, { user: 'alice', principal: { name: 'alice', scheme: 'ldap', groups: [], options: [] } }],
  [8, { user: 'bob' }],
]);
const resolve = (kind: string, name: string) => resolveObject({ kind, name }, { config, job: (id) => jobs.get(id) });
const group = { uuid: 'g1', name: 'rack1' };

test('an object is found by name in any case and by UUID, with its tags and its group', () => {
  const web1 = { kind: 'instance', name: 'web1', uuid: 'i1', tags: ['team:a'], group };
  for (const name of ['web1', 'WEB1', 'i1']) assert.deepEqual(resolve('instance', name), web1, name);
  assert.deepEqual(resolve('node', 'n1'), { kind: 'node', name: 'node1', uuid: 'n1', tags: ['ssd'], group });
  assert.deepEqual(resolve('group', 'rack1'), { kind: 'group', name: 'rack1', uuid: 'g1', tags: ['cold'] });
  assert.deepEqual(resolve('network', 'LAN'), { kind: 'network', name: 'lan', uuid: 'l1', tags: [] });
  assert.deepEqual(resolve('cluster', 'cluster'), { kind: 'cluster', name: 'east', uuid: 'c', tags: ['prod'] });
});

test('what does not exist has no UUID, and a name of another kind is not taken for it', () => {
  assert.deepEqual(resolve('instance', 'node1'), { kind: 'instance', name: 'node1', tags: [] });
  assert.deepEqual(resolve('node', '*'), { kind: 'node', name: '*', tags: [] });
  assert.deepEqual(resolve('spaceship', 'web1'), { kind: 'spaceship', name: 'web1', tags: [] });
});

test('an instance whose node is gone has no group', () => {
  assert.deepEqual(resolve('instance', 'odd'), { kind: 'instance', name: 'odd', uuid: 'i2', tags: [] });
});

test('a job belongs to who submitted it, also one of an earlier version', () => {
  assert.deepEqual(resolve('job', '7').owner, { name: 'alice', scheme: 'ldap' });
  assert.deepEqual(resolve('job', '8').owner, { name: 'bob', scheme: 'users-file' });
  for (const name of ['9', '', '*', '7x', '-7', '7 ', '1e0']) assert.deepEqual(resolve('job', name), { kind: 'job', name, tags: [] }, name);
});
