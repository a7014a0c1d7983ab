import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Clock } from '../base/index.ts';
import { keys, type Network } from '../model/index.ts';
import { ConfigState } from './config-state.ts';
import { createConfig } from './create-config.ts';
import { Draft } from './draft.ts';
import type { Entry, Store, Transaction } from './store.ts';
import { sampleCluster, sampleGroup, sampleInstance, sampleNode, sampleUuid } from './testing/sample-objects.ts';

// A change as the transaction that it becomes: what must hold, and what is written.

const clock: Clock = { now: () => 5_000_000, sleep: async () => undefined };
const [node0, node1, web] = [sampleNode(0), sampleNode(1), sampleInstance(1)];
const entry = (key: string, value: unknown, modRevision: number): Entry => ({
  ...{ key, value: typeof value === 'string' ? value : JSON.stringify(value), createRevision: 1, modRevision },
});
const entries = [
  entry(keys.node(node0.uuid), node0, 11),
  entry(keys.name('node', node0.name), node0.uuid, 12),
  entry(keys.cluster, sampleCluster, 10),
  entry(keys.instance(web.uuid), web, 13),
  entry(keys.name('instance', web.name), web.uuid, 14),
  entry(keys.claim('mac', 'aa'), web.uuid, 15),
  entry(keys.claim('port', '5'), node0.uuid, 16),
  entry(keys.claim('ip', 'x'), 'nobody', 17),
  entry('/config/others/x', 'of a later version', 18),
];
const state = ConfigState.load(entries, 20);

const transactionOf = (change: (draft: Draft) => void): Transaction => {
  const draft = new Draft(state, clock);
  change(draft);
  return draft.transaction();
};
const holds = (...compares: [string, number][]) => compares.map(([key, modRevision]) => ({ key, modRevision }));
const put = (key: string, value: unknown) => ({ type: 'put', key, value: typeof value === 'string' ? value : JSON.stringify(value) });
const remove = (key: string) => ({ type: 'delete', key });
const nodeName = (name: string) => keys.name('node', name);

describe('a draft', () => {
  it('depends on what it has read, there or not', () => {
    const reading = transactionOf((draft) => {
      assert.equal(draft.get('node', node0.uuid)?.name, node0.name);
      assert.equal(draft.get('node', node1.uuid), undefined);
      assert.equal(draft.need('cluster', '').uuid, sampleCluster.uuid);
    });
    assert.deepEqual(reading, { compares: holds([keys.node(node0.uuid), 11], [keys.node(node1.uuid), 0], [keys.cluster, 10]), writes: [] });
    assert.throws(() => transactionOf((draft) => draft.need('node', node1.uuid)), {
      code: 'OBJECT_UNKNOWN',
      facts: { kind: 'node', name: node1.uuid },
    });
  });

  it('creates an object with its name, both of them new', () => {
    const made = transactionOf((draft) => {
      draft.create('node', node1);
      assert.equal(draft.get('node', node1.uuid), node1);
    });
    assert.deepEqual(made, {
      compares: holds([keys.node(node1.uuid), 0], [nodeName(node1.name), 0]),
      writes: [put(keys.node(node1.uuid), node1), put(nodeName(node1.name), node1.uuid)],
    });
    assert.throws(() => transactionOf((draft) => draft.create('node', node0)), { code: 'INTERNAL' });
    const namesake = { ...node1, name: node0.name.toUpperCase() };
    assert.throws(() => transactionOf((draft) => draft.create('node', namesake)), { code: 'NAME_TAKEN' });
    assert.throws(() => transactionOf((draft) => draft.create('node', { ...node1, agent_port: -1 })), { code: 'INPUT_INVALID' });
  });

  it('changes an object once, with its number and its time', () => {
    const after = { ...node0, tags: ['b'], serial_no: 2, mtime: 5000 };
    const changed = transactionOf((draft) => {
      for (const tag of ['a', 'b']) draft.update('node', node0.uuid, (old) => ({ ...old, tags: [tag] }));
    });
    assert.deepEqual(changed, { compares: holds([keys.node(node0.uuid), 11]), writes: [put(keys.node(node0.uuid), after)] });
    const same = transactionOf((draft) => draft.update('node', node0.uuid, (old) => old));
    assert.deepEqual(same.writes, []);
    const cluster = transactionOf((draft) => draft.update('cluster', 'any', (old) => ({ ...old, tags: ['x'] })));
    assert.deepEqual(cluster, {
      compares: holds([keys.cluster, 10]),
      writes: [put(keys.cluster, { ...sampleCluster, tags: ['x'], serial_no: 2, mtime: 5000 })],
    });
    const fresh = transactionOf((draft) => {
      draft.create('node', node1);
      draft.update('node', node1.uuid, (old) => ({ ...old, tags: ['x'] }));
    });
    assert.deepEqual(fresh.writes[0], put(keys.node(node1.uuid), { ...node1, tags: ['x'], mtime: 5000 }), 'it is new still');
    const update = (more: object) => () => transactionOf((draft) => draft.update('node', node0.uuid, (old) => ({ ...old, ...more })));
    assert.throws(update({ uuid: node1.uuid }), { code: 'INTERNAL' });
    assert.throws(update({ agent_port: -1 }), { code: 'INPUT_INVALID' });
  });

  it('moves a name that changes, and lets one stay that changes its letters', () => {
    const rename = (name: string) => transactionOf((draft) => draft.update('node', node0.uuid, (old) => ({ ...old, name })));
    const moved = rename('new.example.com');
    assert.deepEqual(moved.compares, holds([keys.node(node0.uuid), 11], [nodeName('new.example.com'), 0], [nodeName(node0.name), 12]));
    assert.deepEqual(moved.writes.slice(1), [put(nodeName('new.example.com'), node0.uuid), remove(nodeName(node0.name))]);
    const letters = rename(node0.name.toUpperCase());
    assert.deepEqual([letters.compares, letters.writes.length], [holds([keys.node(node0.uuid), 11]), 1]);
    const back = transactionOf((draft) => {
      for (const name of ['new.example.com', node0.name]) draft.update('node', node0.uuid, (old) => ({ ...old, name }));
    });
    assert.deepEqual(back.writes.length, 1, 'the names are as they were');
  });

  it('removes an object with its name, and nothing that is not there', () => {
    const gone = transactionOf((draft) => {
      draft.remove('node', node0.uuid);
      assert.equal(draft.get('node', node0.uuid), undefined);
    });
    assert.deepEqual(gone, {
      compares: holds([keys.node(node0.uuid), 11], [nodeName(node0.name), 12]),
      writes: [remove(keys.node(node0.uuid)), remove(nodeName(node0.name))],
    });
    assert.deepEqual(
      transactionOf((draft) => draft.remove('node', node1.uuid)),
      { compares: holds([keys.node(node1.uuid), 0]), writes: [] },
    );
    const brief = transactionOf((draft) => {
      draft.create('node', node1);
      draft.remove('node', node1.uuid);
    });
    assert.deepEqual(brief.writes, []);
    const again = transactionOf((draft) => {
      draft.remove('node', node0.uuid);
      draft.create('node', { ...node0, tags: ['x'] });
    });
    assert.deepEqual(again.writes, [put(keys.node(node0.uuid), { ...node0, tags: ['x'] })]);
    const stolen = transactionOf((draft) => {
      draft.remove('node', node0.uuid);
      draft.create('node', { ...node1, name: node0.name });
    });
    assert.deepEqual(stolen.writes.at(-1), put(nodeName(node0.name), node1.uuid));
  });

  it('claims what nobody else has, and gives it back', () => {
    const claim = (value: string, owner: string) => transactionOf((draft) => draft.claim('mac', value, owner));
    assert.deepEqual(claim('bb', web.uuid), {
      compares: holds([keys.claim('mac', 'bb'), 0]),
      writes: [put(keys.claim('mac', 'bb'), web.uuid)],
    });
    assert.deepEqual(claim('aa', web.uuid), { compares: holds([keys.claim('mac', 'aa'), 15]), writes: [] }, 'it has it already');
    const taken = (what: 'mac' | 'port' | 'ip', value: string) => () => transactionOf((draft) => draft.claim(what, value, 'other'));
    assert.throws(taken('mac', 'aa'), { code: 'CLAIM_TAKEN', facts: { what: 'mac', value: 'aa', owner: web.name } });
    assert.throws(taken('port', '5'), { code: 'CLAIM_TAKEN', facts: { what: 'port', value: '5', owner: node0.name } });
    assert.throws(taken('ip', 'x'), { code: 'CLAIM_TAKEN', facts: { what: 'ip', value: 'x', owner: 'nobody' } });
    assert.deepEqual(
      transactionOf((draft) => draft.release('mac', 'aa')),
      { compares: holds([keys.claim('mac', 'aa'), 15]), writes: [remove(keys.claim('mac', 'aa'))] },
    );
    assert.deepEqual(transactionOf((draft) => draft.release('mac', 'bb')).writes, []);
    const handed = transactionOf((draft) => {
      draft.release('mac', 'aa');
      draft.claim('mac', 'aa', 'other');
      assert.throws(() => draft.claim('mac', 'aa', 'third'), { code: 'CLAIM_TAKEN' });
    });
    assert.deepEqual(handed.writes, [put(keys.claim('mac', 'aa'), 'other')]);
  });
});

describe('a snapshot', () => {
  it('knows the revision of every key', () => {
    const revisions = [
      keys.cluster,
      keys.node(node0.uuid),
      nodeName(node0.name),
      keys.claim('mac', 'aa'),
      keys.node(node1.uuid),
      nodeName('none'),
    ];
    assert.deepEqual(
      revisions.map((key) => state.modRevision(key)),
      [10, 11, 12, 15, 0, 0],
    );
    assert.deepEqual([state.revision, state.claim('mac', 'aa'), state.claim('mac', 'bb')], [20, web.uuid, undefined]);
    assert.deepEqual([state.nodes.size, state.groups.size, state.networks.size, state.instances.size], [1, 0, 0, 1]);
  });

  it('follows changes and leaves the one before as it was', () => {
    const moved = { ...web, primary_node: node1.uuid };
    const next = state.apply({
      revision: 30,
      events: [
        { type: 'put', entry: entry(keys.node(node1.uuid), node1, 30) },
        { type: 'put', entry: entry(keys.instance(web.uuid), moved, 30) },
        { type: 'put', entry: entry('/config/others/y', '', 30) },
        { type: 'delete', key: keys.node(node0.uuid), modRevision: 30 },
        { type: 'delete', key: keys.claim('mac', 'aa'), modRevision: 30 },
        { type: 'delete', key: '/config/others/x', modRevision: 30 },
      ],
    });
    assert.deepEqual([next.revision, [...next.nodes.values()].map(({ name }) => name)], [30, [node1.name]]);
    assert.deepEqual(
      [next.claim('mac', 'aa'), next.instancesOf(node1.uuid).primary.length, next.instancesOf(node0.uuid).primary.length],
      [undefined, 1, 0],
    );
    assert.deepEqual([state.nodes.size, state.claim('mac', 'aa'), state.instancesOf(node0.uuid).primary.length], [1, web.uuid, 1]);
    const empty = next.apply({ revision: 31, events: [{ type: 'delete', key: keys.instance(web.uuid), modRevision: 31 }] });
    assert.deepEqual([empty.instances.size, empty.instancesOf(node1.uuid).primary], [0, []]);
  });

  it('takes over from an older one what has not changed', () => {
    const next = ConfigState.load(
      [entry(keys.cluster, { ...sampleCluster, tags: ['x'] }, 40), ...entries.filter(({ key }) => key !== keys.cluster)],
      40,
      state,
    );
    assert.equal(next.nodes.get(node0.uuid), state.nodes.get(node0.uuid));
    assert.deepEqual(next.cluster.tags, ['x']);
    const changed = ConfigState.load([...entries.slice(1), entry(keys.node(node0.uuid), { ...node0, tags: ['x'] }, 41)], 41, state);
    assert.deepEqual(changed.nodes.get(node0.uuid)?.tags, ['x']);
    assert.throws(() => ConfigState.load(entries.slice(0, 2), 1), { code: 'CLUSTER_MISSING' });
  });
});

describe('a new cluster', () => {
  it('is written with all its objects and their names', async () => {
    const sent: Transaction[] = [];
    const store = (committed: boolean) =>
      ({
        transact: async (transaction: Transaction) => {
          sent.push(transaction);
          return committed ? { committed, revision: 7 } : { committed };
        },
      }) as unknown as Store;
    const network: Network = {
      ...sampleGroup,
      uuid: sampleUuid(6, 0),
      name: 'lan',
      network: '10.0.0.0/24',
      gateway: null,
      mac_prefix: null,
      external_reservations: [],
      groups: {},
    } as never;
    const { alloc_policy: _a, ipolicy: _i, ndparams: _n, diskparams: _d, ...lan } = network as unknown as Record<string, unknown>;
    const objects = {
      cluster: sampleCluster,
      groups: [sampleGroup],
      nodes: [node0],
      networks: [lan as unknown as Network],
      instances: [web],
    };
    assert.equal(await createConfig(store(true), objects), 7);
    assert.deepEqual(sent[0]?.compares, [{ key: keys.cluster, modRevision: 0 }]);
    assert.deepEqual(sent[0]?.writes, [
      put(keys.cluster, sampleCluster),
      ...[put(keys.group(sampleGroup.uuid), sampleGroup), put(keys.name('group', 'default'), sampleGroup.uuid)],
      ...[put(keys.node(node0.uuid), node0), put(nodeName(node0.name), node0.uuid)],
      ...[put(keys.network(sampleUuid(6, 0)), lan), put(keys.name('network', 'lan'), sampleUuid(6, 0))],
      ...[put(keys.instance(web.uuid), web), put(keys.name('instance', web.name), web.uuid)],
    ]);
    await assert.rejects(createConfig(store(false), { cluster: sampleCluster, groups: [], nodes: [] }), { code: 'CLUSTER_EXISTS' });
    const wrong = { cluster: sampleCluster, groups: [], nodes: [{ ...node0, agent_port: -1 }] };
    await assert.rejects(createConfig(store(true), wrong), { code: 'INPUT_INVALID' });
  });
});
