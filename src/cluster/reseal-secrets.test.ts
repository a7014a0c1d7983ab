import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Log, silentLog } from '../base/index.ts';
import type { Cluster, Instance } from '../model/index.ts';
import { type Config, type ConfigDraft, createSecretBox, newSecretKey } from '../store/index.ts';
import { resealSecrets } from './reseal-secrets.ts';
import { changingConfig } from './testing/changing-config.ts';
import { plainConfig, plainInstance, plainLive, plainNode, plainUuid } from './testing/plain-config.ts';

const [oldKey, newKey] = [newSecretKey(), newSecretKey()];
const before = createSecretBox([oldKey]);
const secrets = createSecretBox([newKey, oldKey]);

/** A configuration in memory that takes changes as they come. */
function memoryConfig(cluster: Partial<Cluster>, instances: readonly Instance[], nodeCount: number) {
  const nodes = Array.from({ length: nodeCount }, (_, number) => plainNode(number));
  let current = plainConfig({ cluster, nodes, instances });
  const draft = {
    get: (_kind: string, uuid: string) => current.instances.get(uuid),
    update(kind: string, uuid: string, change: (old: never) => never) {
      const changed = (old: object) => change(old as never) as object;
      const all = [...current.instances.values()].map((one) => (one.uuid === uuid ? (changed(one) as Instance) : one));
      const own = kind === 'cluster' ? (changed(current.cluster) as Cluster) : current.cluster;
      current = plainConfig({ cluster: own, nodes, instances: all });
    },
  };
  const config = {
    get current() {
      return current;
    },
    transact: async (change: (draft: ConfigDraft) => void) => change(draft as unknown as ConfigDraft),
  };
  return config as unknown as Config;
}

const leadership = { rider: () => ({ compares: [], writes: [] }) };

test('what an older key encrypted is encrypted with the newest, and what an OS has declared secret since is hidden', async () => {
  const kept = { password: before.seal('of web'), token: secrets.seal('fresh') };
  const instances = [
    plainInstance(1, 0, 8, { os: 'image+debian', osparams: { dhcp: 'yes', late: 'was readable' }, osparams_private: kept }),
    plainInstance(2, 0, 8, { os: 'tiny', osparams: { late: 'of another OS' } }),
  ];
  const cluster = { osparams: { image: { late: 'by default', size: '1' } }, osparams_private_cluster: { tiny: { key: before.seal('k') } } };
  const config = memoryConfig(cluster, instances, 1);
  const live = plainLive({ [plainUuid(2, 0)]: { secret_osparams: { image: { late: 'secret' }, tiny: {} } } });
  assert.equal(await resealSecrets({ config, leadership, live, secrets, log: silentLog }), 2);
  const now = config.current;
  const [one, two] = [plainUuid(3, 1), plainUuid(3, 2)].map((uuid) => now.instances.get(uuid));
  assert.deepEqual(one?.osparams, { dhcp: 'yes' });
  const hidden = one?.osparams_private ?? {};
  assert.ok(Object.values(hidden).every(secrets.isCurrent));
  assert.equal(hidden['token'], kept.token, 'what has the newest key already stays');
  const opened = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, secrets.open(value)]));
  assert.deepEqual(opened(hidden), { password: 'of web', token: 'fresh', late: 'was readable' });
  assert.deepEqual(two, instances[1]);
  assert.deepEqual(now.cluster.osparams['image'], { size: '1' });
  assert.deepEqual(opened(now.cluster.osparams_private_cluster?.['image'] ?? {}), { late: 'by default' });
  assert.deepEqual(opened(now.cluster.osparams_private_cluster?.['tiny'] ?? {}), { key: 'k' });
  assert.equal(await resealSecrets({ config, leadership, live, secrets, log: silentLog }), 0, 'then nothing is left to do');
});

test('a large cluster is asked once for each OS, not once for each parameter of each instance', async () => {
  const osparams = { a: '1', b: '2', c: '3' };
  const instances = Array.from({ length: 200 }, (_, number) => plainInstance(number, 0, 8, { os: 'image', osparams }));
  const config = memoryConfig({}, instances, 50);
  const all = plainLive();
  let asked = 0;
  const live = { node: (uuid: string) => (asked++, all.node(uuid)) };
  assert.equal(await resealSecrets({ config, leadership, live, secrets, log: silentLog }), 0);
  assert.equal(asked, 50);
});

test('a master that ends does not go through all instances first', async () => {
  const instances = Array.from({ length: 3 }, (_, number) => plainInstance(number, 0, 8, { osparams_private: { key: before.seal('k') } }));
  const ending = new AbortController();
  const config = memoryConfig({}, instances, 1);
  const { transact } = config;
  const stopping: Config = Object.create(config, {
    transact: { value: (...args: Parameters<typeof transact>) => (ending.abort(), transact(...args)) },
  });
  const parts = { leadership, live: plainLive(), secrets, log: silentLog };
  assert.equal(await resealSecrets({ ...parts, config: stopping, signal: ending.signal }), 1);
  assert.equal(await resealSecrets({ ...parts, config }), 2, 'the next start goes on');
});

test('what is changed is told, and waited for; an instance that has gone meanwhile stays gone', async () => {
  const kept = { key: before.seal('k') };
  const instances = [plainInstance(1, 0, 8, { osparams_private: kept }), plainInstance(2, 0, 8, { osparams_private: kept })];
  const config = changingConfig({ nodes: [plainNode(0)], instances });
  const { transact } = config;
  const order: string[] = [];
  config.transact = (async (...args: Parameters<typeof transact>) => {
    order.push('begins');
    await new Promise(setImmediate);
    const result = await transact(...args);
    if (order.length === 1) config.replace({ nodes: [plainNode(0)], instances: instances.slice(0, 1) });
    order.push('ends');
    return result;
  }) as typeof transact;
  let riders = 0;
  const counting = { rider: () => (riders++, { compares: [], writes: [] }) };
  const told: unknown[] = [];
  const log = Object.assign(Object.create(silentLog) as Log, { info: (facts: unknown) => void told.push(facts) });
  await resealSecrets({ config, leadership: counting, live: plainLive(), secrets, log });
  assert.deepEqual(order, ['begins', 'ends', 'begins', 'ends'], 'one after the other');
  assert.deepEqual([config.current.instances.size, riders], [1, 2]);
  assert.deepEqual(told, [{ objects: 2, key: secrets.current }]);
  const nothing = changingConfig({ nodes: [plainNode(0)], instances: [plainInstance(1, 0, 8)] });
  assert.equal(await resealSecrets({ config: nothing, leadership, live: plainLive(), secrets, log }), 0);
  assert.equal(told.length, 1, 'nothing is told of nothing');
});

test('of the cluster only parameters are touched that are old or late, each by itself', async () => {
  const live = plainLive({ [plainUuid(2, 0)]: { secret_osparams: { image: { late: 'secret' } } } });
  const after = async (cluster: Partial<Cluster>) => {
    const config = changingConfig({ cluster, nodes: [plainNode(0)], instances: [] });
    const changed = await resealSecrets({ config, leadership, live, secrets, log: silentLog });
    const { osparams, osparams_private_cluster: hidden = {} } = config.current.cluster;
    const opened = Object.entries(hidden).map(([os, values]) => [
      os,
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, secrets.open(value)])),
    ]);
    return [changed, osparams, Object.fromEntries(opened) as unknown];
  };
  const sealed = secrets.seal('s');
  assert.deepEqual(await after({ osparams: { image: { size: '1', kept: sealed } } }), [0, { image: { size: '1', kept: sealed } }, {}]);
  assert.deepEqual(await after({ osparams: { image: { size: '1', old: before.seal('o') } } }), [
    1,
    { image: { size: '1' } },
    { image: { old: 'o' } },
  ]);
  assert.deepEqual(await after({ osparams: { 'image+big': { late: 'l' }, other: { late: 'seen' } } }), [
    1,
    { 'image+big': {}, other: { late: 'seen' } },
    { 'image+big': { late: 'l' }, other: {} },
  ]);
  assert.deepEqual(await after({ osparams: {}, osparams_private_cluster: { image: { old: before.seal('o'), kept: sealed } } }), [
    1,
    { image: {} },
    { image: { old: 'o', kept: 's' } },
  ]);
});
