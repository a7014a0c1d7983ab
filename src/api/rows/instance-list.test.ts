import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultBeparams, defaultNicparams, type Instance } from '../../model/index.ts';
import type { View } from '../../query/index.ts';
import { createInstanceRows } from './instance-rows.ts';

const instance = (uuid: string, name: string, more: object = {}) =>
  ({
    uuid,
    name,
    primary_node: 'n1',
    secondary_nodes: ['n2'],
    hypervisor: 'fake',
    os: '',
    admin_state: 'up',
    hvparams: {},
    beparams: {},
    disks: [],
    nics: [{ network: 'lan', nicparams: {} }],
    tags: [],
    ...more,
  }) as unknown as Instance;

const cluster = { beparams: defaultBeparams, nicparams: defaultNicparams, hvparams: {}, os_hvp: {} };
const parts = {
  cluster,
  nodes: new Map([
    ['n1', { name: 'node1' }],
    ['n2', { name: 'node2' }],
  ]),
  networks: new Map([['lan', { name: 'lan' }]]),
  instances: new Map(['web10', 'web2'].map((name) => [`u-${name}`, instance(`u-${name}`, name)])),
};

/** What nodes report; a new version with each change. */
let reports: Record<string, object> = {};
let version = 0;
const live = {
  get version() {
    return version;
  },
  node: () => ({ stale: false }),
  instance: (uuid: string) => reports[uuid] && { node: 'n1', runtime: reports[uuid] },
};
const viewOf = (config: object) => ({ config: { groups: new Map(), ...config }, live }) as unknown as View;
const runs = (more: object = {}) => {
  reports = { 'u-web2': { state: 'running', memory: 10, vcpus: 1, ...more } };
  version += 1;
};
const named = (text: Buffer) => (JSON.parse(text.toString()) as { name: string }[]).map(({ name }) => name);
const web2 = (text: Buffer) => (JSON.parse(text.toString()) as Record<string, unknown>[]).find(({ name }) => name === 'web2');

test('the list is the same object until a row of it changes', () => {
  const rows = createInstanceRows();
  runs();
  const view = viewOf(parts);
  const first = rows.all(view);
  assert.deepEqual(named(first.text), ['web2', 'web10']);
  assert.match(first.etag, /^"[0-9a-f]{12}-1"$/);
  assert.equal(rows.all(view), first);
  assert.equal(rows.all(viewOf(parts)), first, 'another snapshot with the same objects');
  runs();
  assert.equal(rows.all(view), first, 'a report that says the same');
  for (const [field, change, value] of [
    ['oper_ram', { memory: 11 }, 11],
    ['oper_vcpus', { memory: 11, vcpus: 2 }, 2],
    ['oper_problem', { memory: 11, vcpus: 2, problem: 'disk full' }, 'disk full'],
    ['status', { state: 'crashed' }, 'ERROR_down'],
  ] as const) {
    const before = rows.all(view);
    runs(change);
    const now = rows.all(view);
    assert.equal(web2(now.text)?.[field], value);
    assert.notEqual(now.etag, before.etag, field);
  }
});

test('objects whose names are in a row, and the cluster, make new rows', () => {
  const rows = createInstanceRows();
  runs();
  let before = rows.all(viewOf(parts));
  for (const [field, change, value] of [
    ['pnode', { nodes: new Map([...parts.nodes, ['n1', { name: 'renamed' }]]) }, 'renamed'],
    ['snodes', { nodes: new Map([...parts.nodes, ['n2', { name: 'other' }]]) }, ['other']],
    ['nic.networks.names', { networks: new Map([['lan', { name: 'wan' }]]) }, ['wan']],
    ['nic.links', { cluster: { ...cluster, nicparams: { ...defaultNicparams, link: 'br9' } } }, ['br9']],
    ['tags', { instances: new Map([...parts.instances, ['u-web2', instance('u-web2', 'web2', { tags: ['x'] })]]) }, ['x']],
  ] as const) {
    const now = rows.all(viewOf({ ...parts, ...change }));
    assert.deepEqual(web2(now.text)?.[field], value, field);
    assert.notEqual(now.etag, before.etag, field);
    before = rows.all(viewOf(parts));
  }
});

test('instances that come, go and are renamed are found in their order', () => {
  const rows = createInstanceRows();
  runs();
  const list = (...names: [uuid: string, name: string][]) =>
    rows.all(viewOf({ ...parts, instances: new Map(names.map(([uuid, name]) => [uuid, instance(uuid, name)])) }));
  const etags = new Set<string>();
  for (const [given, expected] of [
    [
      [
        ['a', 'web10'],
        ['b', 'web2'],
      ],
      ['web2', 'web10'],
    ],
    [
      [
        ['a', 'web1'],
        ['b', 'web2'],
      ],
      ['web1', 'web2'],
    ],
    [
      [
        ['a', 'web1'],
        ['b', 'web2'],
        ['c', 'db'],
      ],
      ['db', 'web1', 'web2'],
    ],
    [
      [
        ['a', 'web1'],
        ['c', 'db'],
      ],
      ['db', 'web1'],
    ],
    [
      [
        ['a', 'web1'],
        ['d', 'db'],
      ],
      ['db', 'web1'],
    ],
    [[], []],
  ] as [[string, string][], string[]][]) {
    const { text, etag } = list(...given);
    assert.deepEqual(named(text), expected);
    etags.add(etag);
  }
  assert.equal(etags.size, 6);
});

test('two servers never give the same tag', () => {
  runs();
  const etags = [createInstanceRows(), createInstanceRows()].map((rows) => rows.all(viewOf(parts)).etag);
  assert.notEqual(etags[0], etags[1]);
});
