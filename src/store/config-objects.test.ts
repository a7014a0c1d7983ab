import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configVersion, keys } from '../model/index.ts';
import { checkObject, objectKey, objectName, parseConfigKey, readObject } from './config-objects.ts';
import { sampleCluster, sampleGroup, sampleInstance, sampleNode } from './testing/sample-objects.ts';

const entry = (value: unknown, key = 'k') => ({
  key,
  value: typeof value === 'string' ? value : JSON.stringify(value),
  createRevision: 1,
  modRevision: 1,
});
const { uuid } = sampleGroup;

describe('a key of the configuration', () => {
  it('tells what it holds', () => {
    const object = (kind: string, of: string) => ({ type: 'object', kind, uuid: of });
    const cases: [key: string, holds: object][] = [
      [keys.cluster, object('cluster', '')],
      [keys.node(uuid), object('node', uuid)],
      [keys.group(uuid), object('group', uuid)],
      [keys.network(uuid), object('network', uuid)],
      [keys.instance(uuid), object('instance', uuid)],
      [keys.name('node', 'a'), { type: 'text' }],
      [keys.claim('mac', 'aa'), { type: 'text' }],
      [`${keys.config}nodes`, { type: 'unknown' }],
      [`${keys.config}nodes/`, { type: 'unknown' }],
      [`${keys.config}nodes/a/b`, { type: 'unknown' }],
      [`${keys.config}others/a`, { type: 'unknown' }],
      [keys.config, { type: 'unknown' }],
    ];
    for (const [key, holds] of cases) assert.deepEqual(parseConfigKey(key), holds, key);
  });

  it('is made from a kind and a UUID', () => {
    assert.equal(objectKey('cluster', uuid), keys.cluster);
    assert.equal(objectKey('group', uuid), keys.group(uuid));
    assert.equal(objectName('cluster', sampleCluster), 'cluster.example.com');
    assert.equal(objectName('group', sampleGroup), 'default');
  });
});

describe('an object of the configuration', () => {
  it('is written only when it fits its schema, and the message names it', () => {
    checkObject('node', sampleNode(0));
    const wrong = { ...sampleNode(0), agent_port: 'x' } as never;
    assert.throws(() => checkObject('node', wrong), {
      code: 'INPUT_INVALID',
      message: new RegExp(`node ${sampleNode(0).name}.*agent_port`),
    });
    const cluster = { ...sampleCluster, mac_prefix: 5 } as never;
    assert.throws(() => checkObject('cluster', cluster), { code: 'INPUT_INVALID', message: /cluster cluster\.example\.com.*mac_prefix/ });
  });

  it('is read as it was written, and cannot be changed anywhere', () => {
    const instance = readObject('instance', entry(sampleInstance(1)));
    assert.deepEqual(instance, sampleInstance(1));
    for (const part of [instance, instance.disks, instance.disks[0], instance.beparams, instance.tags]) assert.ok(Object.isFrozen(part));
    assert.equal(instance.disks[0]?.name, null);
  });

  it('is refused when it is damaged', () => {
    const code = 'STORE_OBJECT_CORRUPT';
    for (const value of ['', '{', 'null', '5', '"text"', '[]', '{}']) {
      for (const kind of ['cluster', 'node'] as const)
        assert.throws(() => readObject(kind, entry(value, 'the key')), { code, message: /the key/ }, `${kind} ${value}`);
    }
    assert.throws(() => readObject('node', entry({ ...sampleNode(0), offline: 'no' })), { code, message: /offline/ });
  });

  it('of a newer layout is told as that, whatever else it holds', () => {
    const of =
      (config_version: unknown, more: object = {}) =>
      () =>
        readObject('cluster', entry({ ...more, config_version }));
    assert.throws(of(configVersion + 1), {
      code: 'STORE_VERSION_NEWER',
      facts: { store: `(configuration under ${keys.config})`, found: configVersion + 1, known: configVersion, backup: 'FILE' },
    });
    assert.throws(of(configVersion), { code: 'STORE_OBJECT_CORRUPT' });
    assert.throws(of('99'), { code: 'STORE_OBJECT_CORRUPT' });
    assert.equal(of(configVersion, sampleCluster)().uuid, sampleCluster.uuid);
    assert.throws(
      () => readObject('node', entry({ config_version: 99 })),
      { code: 'STORE_OBJECT_CORRUPT' },
      'a node has no layout of its own',
    );
  });
});
