import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Clock, seededRandom, silentLog, systemClock } from '../base/index.ts';
import { type Instance, keys } from '../model/index.ts';
import type { Config, ConfigDraft } from './config.ts';
import { changedObjects } from './config-state.ts';
import { createConfig } from './create-config.ts';
import { openConfig } from './live-config.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { Store } from './store.ts';
import { sampleCluster, sampleGroup, sampleInstance, sampleMac, sampleNode, sampleUuid } from './testing/sample-objects.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

const directory = await temporaryDirectory();
let files = 0;
const clock: Clock = { ...systemClock, now: () => 1_800_000_000_000 };
const options = { clock, log: silentLog };

interface Fixture {
  readonly store: Store;
  readonly config: Config;
  /** A further configuration on the same store, as confd has. */
  readonly other: Config;
}

function configTest(name: string, body: (fixture: Fixture) => Promise<void>): void {
  test(name, async () => {
    const store = await openSqliteStore(join(directory, `config-${files++}.db`));
    await createConfig(store, { cluster: sampleCluster, groups: [sampleGroup], nodes: [sampleNode(0), sampleNode(1), sampleNode(2)] });
    const [config, other] = await Promise.all([openConfig(store, options), openConfig(store, options)]);
    try {
      await body({ store, config, other });
    } finally {
      await Promise.all([config.close(), other.close()]);
      await store.close();
    }
  });
}

const add =
  (number: number, change: Partial<Instance> = {}) =>
  (draft: ConfigDraft) =>
    draft.create('instance', { ...sampleInstance(number, 3), ...change });
const uuidOf = (number: number) => sampleInstance(number).uuid;
const hasCode = (code: string) => (error: unknown) => error instanceof Error && 'code' in error && error.code === code;

configTest('a change is in the snapshot when it resolves, and old snapshots stay', async ({ config, other }) => {
  const before = config.current;
  const { revision, result } = await config.transact((draft) => {
    add(1)(draft);
    return 'made';
  });
  assert.equal(result, 'made');
  assert.equal(config.current.revision, revision);
  assert.equal(config.current.instances.get(uuidOf(1))?.name, 'instance1.example.com');
  assert.equal(before.instances.size, 0);
  assert.equal(before.instances.get(uuidOf(1)), undefined);
  await other.reached(revision);
  assert.deepEqual(other.current.instances.get(uuidOf(1)), config.current.instances.get(uuidOf(1)));
});

configTest('names are found and are unique whatever their case', async ({ config }) => {
  await config.transact(add(1, { name: 'Web1.example.com' }));
  const { instances } = config.current;
  assert.equal(instances.find('wEB1.example.COM')?.uuid, uuidOf(1));
  assert.equal(instances.find(uuidOf(1))?.uuid, uuidOf(1));
  assert.equal(instances.find('web2.example.com'), undefined);
  await assert.rejects(config.transact(add(2, { name: 'web1.EXAMPLE.com' })), hasCode('NAME_TAKEN'));
  // An instance may be called like a node.
  await config.transact(add(3, { name: sampleNode(0).name }));
});

configTest('an update counts, keeps time and moves the name', async ({ config }) => {
  await config.transact(add(1));
  const rename = (name: string) => (draft: ConfigDraft) => draft.update('instance', uuidOf(1), (old) => ({ ...old, name }));
  await config.transact(rename('new.example.com'));
  const renamed = config.current.instances.find('new.example.com');
  assert.deepEqual([renamed?.uuid, renamed?.serial_no, renamed?.mtime], [uuidOf(1), 2, 1_800_000_000]);
  assert.equal(config.current.instances.find('instance1.example.com'), undefined);
  await config.transact(rename('NEW.example.com'));
  assert.equal(config.current.instances.find('new.example.com')?.name, 'NEW.example.com');
  await config.transact((draft) => {
    for (const tags of [['a'], ['a', 'b']]) draft.update('instance', uuidOf(1), (old) => ({ ...old, tags }));
  });
  const tagged = config.current.instances.get(uuidOf(1));
  assert.deepEqual([tagged?.tags, tagged?.serial_no], [['a', 'b'], 4]);
  await config.transact(add(2));
  await assert.rejects(config.transact(rename('instance2.example.com')), hasCode('NAME_TAKEN'));
});

configTest('removing frees the name, and what is gone is gone', async ({ config }) => {
  await config.transact(add(1));
  await config.transact((draft) => draft.remove('instance', uuidOf(1)));
  assert.equal(config.current.instances.size, 0);
  const { revision } = await config.transact((draft) => draft.remove('instance', uuidOf(1)));
  assert.equal(revision, config.current.revision);
  await assert.rejects(
    config.transact((draft) => draft.update('instance', uuidOf(1), (old) => ({ ...old, os: 'other' }))),
    hasCode('OBJECT_UNKNOWN'),
  );
  await config.transact(add(2, { name: 'instance1.example.com' }));
});

configTest('a claim has one owner until it is released', async ({ config }) => {
  const mac = sampleMac(1);
  await config.transact((draft) => {
    add(1)(draft);
    draft.claim('mac', mac, uuidOf(1));
  });
  assert.equal(config.current.claim('mac', mac), uuidOf(1));
  const claimAgain = (owner: string) => config.transact((draft) => draft.claim('mac', mac, owner));
  await claimAgain(uuidOf(1));
  await assert.rejects(claimAgain(uuidOf(2)), /instance1\.example\.com/);
  await assert.rejects(claimAgain(uuidOf(2)), hasCode('CLAIM_TAKEN'));
  await config.transact((draft) => draft.release('mac', mac));
  assert.equal(config.current.claim('mac', mac), undefined);
  await claimAgain(uuidOf(2));
  assert.equal(config.current.claim('mac', mac), uuidOf(2));
});

configTest('a draft reads its own writes; one that ends where it began writes nothing', async ({ config }) => {
  const before = config.current.revision;
  const { revision } = await config.transact((draft) => {
    add(1)(draft);
    assert.equal(draft.need('instance', uuidOf(1)).name, 'instance1.example.com');
    draft.claim('port', '11001', uuidOf(1));
    draft.release('port', '11001');
    draft.remove('instance', uuidOf(1));
    assert.equal(draft.get('instance', uuidOf(1)), undefined);
    assert.equal(draft.snapshot.instances.size, 0);
  });
  assert.equal(revision, before);
});

configTest('an object that does not fit its schema never reaches the store', async ({ config }) => {
  await assert.rejects(config.transact(add(1, { network_port: 1.5 })), /network_port/);
  await config.transact(add(1));
  const spoil = config.transact((draft) => draft.update('instance', uuidOf(1), (old) => ({ ...old, tags: ['no spaces'] })));
  await assert.rejects(spoil, hasCode('INPUT_INVALID'));
});

configTest('objects of a snapshot cannot be changed by mistake', async ({ config }) => {
  await config.transact(add(1));
  const instance = config.current.instances.get(uuidOf(1)) as Instance;
  assert.throws(() => instance.tags.push('x'), TypeError);
  assert.throws(() => {
    instance.beparams.vcpus = 99;
  }, TypeError);
});

configTest('concurrent changes of one object are all made, through any configuration', async ({ store, config, other }) => {
  const grow = (through: Config) =>
    through.transact((draft) => draft.update('cluster', '', (old) => ({ ...old, candidate_pool_size: old.candidate_pool_size + 1 })));
  await Promise.all(Array.from({ length: 60 }, (_, index) => grow(index % 2 ? config : other)));
  const { revision } = await store.range('');
  await config.reached(revision);
  const { candidate_pool_size, serial_no } = config.current.cluster;
  assert.deepEqual([candidate_pool_size, serial_no], [sampleCluster.candidate_pool_size + 60, 61]);
});

configTest('a change depends on all it has read, not only on what it writes', async ({ config, other }) => {
  await config.transact(add(1));
  const node = sampleNode(0).uuid;
  let runs = 0;
  // While the first attempt is on its way the node is drained: the second one must see that.
  const { result } = await config.transact((draft) => {
    runs++;
    const { drained } = draft.need('node', node);
    if (runs === 1) void other.transact((inner) => inner.update('node', node, (old) => ({ ...old, drained: true })));
    if (!drained) draft.update('instance', uuidOf(1), (old) => ({ ...old, tags: ['placed'] }));
    return drained;
  });
  assert.deepEqual([runs, result], [2, true]);
  assert.deepEqual(config.current.instances.get(uuidOf(1))?.tags, []);
});

configTest('the instances of a node follow every change', async ({ config, other }) => {
  const random = seededRandom(11);
  const pick = () => sampleNode(Math.floor(random() * 3)).uuid;
  for (let round = 0; round < 120; round++) {
    const number = Math.floor(random() * 20);
    await config.transact((draft) => {
      const place = {
        primary_node: pick(),
        secondary_nodes: random() < 0.5 ? [] : [pick()],
        moving_to: random() < 0.5 ? undefined : pick(),
      };
      if (!draft.get('instance', uuidOf(number))) add(number, place)(draft);
      else if (random() < 0.3) draft.remove('instance', uuidOf(number));
      else draft.update('instance', uuidOf(number), (old) => ({ ...old, ...place }));
    });
  }
  await other.reached(config.current.revision);
  const names = (list: Iterable<Instance>) => Array.from(list, ({ name }) => name).sort();
  for (const { current } of [config, other]) {
    for (const { uuid } of current.nodes.values()) {
      const all = [...current.instances.values()];
      const { primary, secondary, arriving } = current.instancesOf(uuid);
      assert.deepEqual(names(primary), names(all.filter((instance) => instance.primary_node === uuid)));
      assert.deepEqual(names(secondary), names(all.filter((instance) => instance.secondary_nodes.includes(uuid))));
      assert.deepEqual(names(arriving), names(all.filter((instance) => instance.moving_to === uuid)));
    }
  }
  assert.deepEqual(config.current.instancesOf(sampleUuid(2, 99)), { primary: [], secondary: [], arriving: [] });
});

configTest('a rider is written with the change or not at all', async ({ store, config }) => {
  const rider = (modRevision: number, value: string) => () => ({
    compares: [{ key: '/jobs/1', modRevision }],
    writes: [{ type: 'put', key: '/jobs/1', value } as const],
  });
  const { revision } = await config.transact(add(1), rider(0, 'first'));
  assert.deepEqual(await store.get('/jobs/1'), { key: '/jobs/1', value: 'first', createRevision: revision, modRevision: revision });
  await assert.rejects(config.transact(add(2), rider(0, 'second')), hasCode('FENCED'));
  assert.equal(config.current.instances.size, 1);
  assert.equal((await store.get('/jobs/1'))?.value, 'first');
  await config.transact(() => undefined, rider(revision, 'alone'));
  assert.equal((await store.get('/jobs/1'))?.value, 'alone');
});

configTest('a conflict on the configuration is repeated although there is a rider', async ({ config, other }) => {
  const leader = () => ({ compares: [{ key: keys.leader, modRevision: 0 }], writes: [] });
  const grow = (through: Config) =>
    through.transact(
      (draft) => draft.update('group', sampleGroup.uuid, (old) => ({ ...old, tags: [...old.tags, `t${old.tags.length}`] })),
      leader,
    );
  await Promise.all(Array.from({ length: 20 }, (_, index) => grow(index % 2 ? config : other)));
  const { revision } = await config.transact((draft) => draft.update('group', sampleGroup.uuid, (old) => ({ ...old, tags: [] })), leader);
  await config.reached(revision);
  assert.equal(config.current.groups.find('default')?.serial_no, 22);
});

configTest('a revision without changes of the configuration is reached too', async ({ store, config }) => {
  const outcome = await store.transact({ compares: [], writes: [{ type: 'put', key: '/jobs/9', value: '' }] });
  assert(outcome.committed);
  await config.reached(outcome.revision);
  assert(config.current.revision >= outcome.revision);
});

configTest('history that is forgotten is replaced by a new reading', async ({ store, config }) => {
  for (let round = 0; round < 5; round++) {
    const writes = Array.from({ length: 20 }, (_, index) => config.transact(add(round * 20 + index)));
    await Promise.all([...writes, store.compact(config.current.revision + 15)]);
  }
  assert.equal(config.current.instances.size, 100);
});

configTest('a closed configuration refuses and answers who waits', async ({ config }) => {
  const waiting = assert.rejects(config.reached(1_000_000), hasCode('STORE_UNAVAILABLE'));
  await config.close();
  await waiting;
  await assert.rejects(config.transact(add(1)), hasCode('STORE_UNAVAILABLE'));
});

configTest('an object damaged under a running configuration stops it with the key', async ({ store, config }) => {
  await store.transact({ compares: [], writes: [{ type: 'put', key: keys.node(sampleNode(0).uuid), value: '{"name":' }] });
  await assert.rejects(config.reached(1_000_000), hasCode('STORE_OBJECT_CORRUPT'));
  await assert.rejects(config.transact(add(1)), /nodes\/00000000/);
});

async function opened(value: string | undefined, key: string = keys.cluster): Promise<Config> {
  const store = await openSqliteStore(join(directory, `config-${files++}.db`));
  try {
    if (value !== undefined) {
      if (key !== keys.cluster) await createConfig(store, { cluster: sampleCluster, groups: [], nodes: [] });
      await store.transact({ compares: [], writes: [{ type: 'put', key, value }] });
    }
    return await openConfig(store, options);
  } finally {
    await store.close();
  }
}

test('a store without a cluster, with a newer one, or with damaged objects is refused', async () => {
  await assert.rejects(opened(undefined), hasCode('CLUSTER_MISSING'));
  await assert.rejects(opened(JSON.stringify({ config_version: 999 })), hasCode('STORE_VERSION_NEWER'));
  await assert.rejects(opened(JSON.stringify({ config_version: 1 })), hasCode('STORE_OBJECT_CORRUPT'));
  const key = keys.instance(uuidOf(1));
  await assert.rejects(opened('no JSON', key), hasCode('STORE_OBJECT_CORRUPT'));
  await assert.rejects(opened(JSON.stringify({ ...sampleInstance(1), disks: 'none' }), key), /instances\/.*disks/);
});

test('a cluster is written once', async () => {
  const store = await openSqliteStore(join(directory, `config-${files++}.db`));
  const objects = { cluster: sampleCluster, groups: [sampleGroup], nodes: [] };
  await createConfig(store, objects);
  await assert.rejects(createConfig(store, objects), hasCode('CLUSTER_EXISTS'));
  await store.close();
});

configTest('who waits for the next revision is told of it, of the end, and not after he left', async ({ config, other }) => {
  const { signal } = new AbortController();
  const leaving = new AbortController();
  const left = assert.rejects(other.moved(other.current.revision, leaving.signal), { name: 'AbortError' });
  const moved = other.moved(other.current.revision, signal);
  leaving.abort();
  await left;
  const { revision } = await config.transact(add(1));
  await moved;
  assert.equal(other.current.revision, revision);
  await other.moved(revision - 1, signal);
  const ended = assert.rejects(other.moved(revision, signal), hasCode('STORE_UNAVAILABLE'));
  await other.close();
  await ended;
});

configTest('what differs between two snapshots is told object by object', async ({ config }) => {
  await config.transact(add(1));
  await config.transact(add(2));
  const before = config.current;
  await config.transact((draft) => {
    draft.update('instance', uuidOf(1), (old) => ({ ...old, admin_state: 'down' }));
    draft.remove('instance', uuidOf(2));
    add(3)(draft);
  });
  const { current } = config;
  const changes = [...changedObjects(before.instances, current.instances)];
  assert.deepEqual(
    new Set(changes.map(({ uuid, before: old, after }) => `${uuid} ${old?.admin_state} ${after?.admin_state}`)),
    new Set([`${uuidOf(1)} up down`, `${uuidOf(2)} up undefined`, `${uuidOf(3)} undefined up`]),
  );
  assert.deepEqual([...changedObjects(before.nodes, current.nodes)], []);
  assert.deepEqual([...changedObjects(current.instances, current.instances)], []);
});

configTest('collections that did not change are the same in the next snapshot', async ({ config }) => {
  await config.transact(add(1));
  const before = config.current;
  await config.transact((draft) => draft.update('instance', uuidOf(1), (old) => ({ ...old, admin_state: 'down' })));
  assert.equal(config.current.nodes, before.nodes);
  assert.notEqual(config.current.instances, before.instances);
  await config.transact(add(2));
  assert.equal(config.current.nodes.find('instance2.example.com'), undefined);
  assert.equal(config.current.instances.find('instance2.example.com')?.uuid, uuidOf(2));
});
