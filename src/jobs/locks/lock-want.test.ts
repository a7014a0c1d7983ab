import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Touch } from '../../model/index.ts';
import { compareWants, type LockWant, lockWants, sameWants } from './lock-want.ts';

const target = { uuid: 'uuid-1', name: 'Web1' };
const wanted = (...touches: Touch[]) =>
  lockWants(touches, (_kind, name) => (name === 'uuid-1' || name.toLowerCase() === 'web1' ? target : undefined));
const touch = (name: string, mode: Touch['mode'] = 'shared', kind: Touch['kind'] = 'instance'): Touch => ({ kind, name, mode });
const short = (wants: readonly LockWant[]) => wants.map(({ level, key, mode, alias }) => `${level}/${key} ${mode}${alias ? ' alias' : ''}`);

describe('the locks that a job asks for', () => {
  test('are those of name and UUID for an object that exists, of the name for one that does not', () => {
    assert.deepEqual(wanted(touch('WEB1', 'exclusive')), [
      { level: 'instance', key: 'uuid-1', label: 'Web1', mode: 'exclusive', alias: true },
      { level: 'instance', key: 'web1', label: 'Web1', mode: 'exclusive' },
    ]);
    assert.deepEqual(wanted(touch('New1')), [{ level: 'instance', key: 'new1', label: 'New1', mode: 'shared' }]);
    assert.deepEqual(wanted(touch('*')), [{ level: 'instance', key: '*', label: '*', mode: 'shared' }]);
  });

  test('are each named once, exclusive when one of the touches is', () => {
    const both = ['instance/uuid-1 exclusive alias', 'instance/web1 exclusive'];
    assert.deepEqual(short(wanted(touch('web1'), touch('uuid-1', 'exclusive'))), both);
    assert.deepEqual(short(wanted(touch('uuid-1', 'exclusive'), touch('web1'))), both);
    assert.deepEqual(short(wanted(touch('web1'), touch('web1'))), ['instance/uuid-1 shared alias', 'instance/web1 shared']);
  });

  test('are in the global order: by level, the whole level first, then by key', () => {
    const wants = wanted(
      touch('b', 'shared', 'node'),
      touch('a', 'shared', 'node'),
      touch('*', 'shared', 'node'),
      touch('z'),
      touch('cluster', 'shared', 'cluster'),
    );
    const keys = wants.map(({ level, key }) => `${level}/${key}`);
    assert.deepEqual(
      keys.filter((key) => key.startsWith('node/')),
      ['node/*', 'node/a', 'node/b'],
    );
    assert.equal(keys[0], 'cluster/cluster');
    for (const a of wants) for (const b of wants) assert.equal(Math.sign(compareWants(a, b)), -Math.sign(compareWants(b, a)) + 0);
    for (const a of wants) assert.equal(compareWants(a, { ...a }), 0);
  });

  test('are the same only with the same locks in the same modes', () => {
    const wants = wanted(touch('web1'), touch('web2'));
    assert.equal(sameWants(wants, wanted(touch('web2'), touch('web1'))), true);
    assert.equal(sameWants(wants, wanted(touch('web1'), touch('web2', 'exclusive'))), false);
    assert.equal(sameWants(wants, wanted(touch('web1'), touch('web3'))), false);
    assert.equal(sameWants(wants, wanted(touch('web1'))), false);
    assert.equal(sameWants([], wants), false);
  });
});
