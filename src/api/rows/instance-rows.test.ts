import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ApiRig, reader, startApiRig } from '../testing/api-rig.ts';

let rig: ApiRig;
before(async () => {
  rig = await startApiRig();
});
after(() => rig.close());

type Row = Record<string, unknown>;
const bulk = (etag?: string) =>
  rig.client.send('GET', '/2/instances?bulk=1', { user: reader, ...(etag && { headers: { 'if-none-match': etag } }) });
const rowNamed = (body: unknown, name: string): Row => (body as Row[]).find((row) => row['name'] === name) ?? {};

test('a list that has not changed is not sent twice', async () => {
  const first = await bulk();
  const etag = String(first.headers.etag);
  assert.match(etag, /^".+"$/);
  const second = await bulk(etag);
  assert.deepEqual([second.status, second.text, second.headers.etag], [304, '', etag]);
  for (const list of [`"other", ${etag}`, `W/${etag}`, '*']) assert.equal((await bulk(list)).status, 304, list);
  assert.equal((await bulk('"other"')).status, 200);
  assert.equal((await bulk('"other"')).status, 200);
});

test('rows of the list are those of the single instances', async () => {
  const { body } = await bulk();
  for (const row of body as Row[]) {
    const one = await rig.client.send('GET', `/2/instances/${String(row['name'])}`, { user: reader });
    assert.deepEqual(one.body, row);
  }
});

test('every change that shows in a row gives a new list: instance, node, network, cluster, live state', async () => {
  const { config, live } = rig.services;
  const find = (name: string) => config.current.instances.find(name) ?? assert.fail(name);
  const uuid = find('inst1.r5.test').uuid;
  const node = find('inst1.r5.test').primary_node;
  const network = config.current.networks.find('lan')?.uuid ?? '';

  const changes: [what: string, change: () => Promise<unknown>, field: string, expected: unknown][] = [
    ['instance', () => config.transact((draft) => draft.update('instance', uuid, (old) => ({ ...old, tags: ['new'] }))), 'tags', ['new']],
    ['node', () => config.transact((draft) => draft.update('node', node, (old) => ({ ...old, name: 'renamed' }))), 'pnode', 'renamed'],
    [
      'network',
      () => config.transact((draft) => draft.update('network', network, (old) => ({ ...old, name: 'wan' }))),
      'nic.networks.names',
      ['wan'],
    ],
    [
      'cluster',
      () =>
        config.transact((draft) =>
          draft.update('cluster', config.current.cluster.uuid, (old) => ({ ...old, nicparams: { ...old.nicparams, link: 'br9' } })),
        ),
      'uuid',
      uuid,
    ],
    [
      'live state',
      async () => {
        rig.nodes.running.set(node, []);
        await live.refresh(node);
      },
      'status',
      'ERROR_down',
    ],
    [
      'node offline',
      () => config.transact((draft) => draft.update('node', node, (old) => ({ ...old, offline: true }))),
      'status',
      'ERROR_nodeoffline',
    ],
  ];
  for (const [what, change, field, expected] of changes) {
    const before = await bulk();
    await change();
    const now = await bulk(String(before.headers.etag));
    assert.equal(now.status, 200, what);
    assert.deepEqual(rowNamed(now.body, 'inst1.r5.test')[field], expected, what);
    const one = await rig.client.send('GET', '/2/instances/inst1.r5.test', { user: reader });
    assert.deepEqual(one.body, rowNamed(now.body, 'inst1.r5.test'), what);
  }
});

test('instances that come, go and get another name keep the list sorted as people sort', async () => {
  const { config } = rig.services;
  const template = config.current.instances.find('inst6.r5.test') ?? assert.fail();
  const uuid = '00000000-0000-4000-8000-000000000001';
  const names = async () => ((await bulk()).body as Row[]).map((row) => row['name']);
  await config.transact((draft) => draft.create('instance', { ...template, uuid, name: 'inst10.r5.test', nics: [], disks: [] }));
  assert.deepEqual((await names()).slice(-2), ['inst6.r5.test', 'inst10.r5.test']);
  await config.transact((draft) => draft.update('instance', uuid, (old) => ({ ...old, name: 'a.r5.test' })));
  assert.equal((await names())[0], 'a.r5.test');
  await config.transact((draft) => draft.remove('instance', uuid));
  assert.equal((await names()).length, 6);
});
