import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { silentLog, systemClock } from '../../base/index.ts';
import {
  type Cluster,
  configVersion,
  defaultBeparams,
  defaultIpolicy,
  defaultNdparams,
  defaultNicparams,
  type Network,
} from '../../model/index.ts';
import { type Config, createConfig, openConfig, openSqliteStore, type Store } from '../../store/index.ts';
import type { ChangeBatch } from './change.ts';
import { ChangeFeed, type ChangeLimits, type LiveKind } from './change-feed.ts';

// On a real store: what changes is what the store's watch tells.

const uuid = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const stored = (number: number) => ({ uuid: uuid(number), ctime: 1, mtime: 1, serial_no: 1, tags: [] });
const cluster = {
  ...stored(999),
  cluster_name: 'c1',
  config_version: configVersion,
  master_node: uuid(998),
  mac_prefix: 'aa:00:00',
  enabled_hypervisors: ['fake'],
  enabled_disk_templates: ['file'],
  hvparams: {},
  os_hvp: {},
  beparams: defaultBeparams,
  nicparams: defaultNicparams,
  ndparams: defaultNdparams,
  ipolicy: defaultIpolicy,
  diskparams: {},
  osparams: {},
  file_storage_dir: '/srv',
  shared_file_storage_dir: '/shared',
  default_iallocator: 'hail',
  candidate_pool_size: 1,
  max_running_jobs: 1,
  port_range: [11000, 14999],
  drained: false,
} satisfies Cluster;
const network = (number: number): Network => ({
  ...stored(number),
  name: `net${number}`,
  network: '10.0.0.0/24',
  gateway: null,
  mac_prefix: null,
  external_reservations: [],
  groups: {},
});

let folder: string;
let store: Store;
let config: Config;
let tell: (kind: LiveKind, key: string, type?: 'added' | 'changed' | 'removed') => void;
const stop = new AbortController();
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-changes-'));
  store = await openSqliteStore(join(folder, 'store.db'));
  await createConfig(store, { cluster, groups: [], nodes: [] });
  config = await openConfig(store, { clock: systemClock, log: silentLog });
});
beforeEach(async () => {
  for (const { uuid: one } of config.current.networks.values()) await config.transact((draft) => draft.remove('network', one));
});
after(async () => {
  stop.abort();
  await config.close();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

function feed(limits: Partial<ChangeLimits> = {}): ChangeFeed {
  const live = (one: (kind: LiveKind, key: string, type: 'added' | 'changed' | 'removed') => void) => {
    tell = (kind, key, type = 'changed') => one(kind, key, type);
    return () => {
      tell = () => assert.fail('it was told to stop');
    };
  };
  return new ChangeFeed({ config, live }, limits);
}

const read = (from: ChangeFeed, kind: string, since?: number, signal = stop.signal) =>
  from.changes(kind, since, signal)[Symbol.asyncIterator]();
type Reader = ReturnType<typeof read>;

const add = async (number: number) => (await config.transact((draft) => draft.create('network', network(number)))).revision;
const touch = (number: number) =>
  config.transact((draft) => draft.update('network', uuid(number), (old) => ({ ...old, gateway: '10.0.0.1' })));
const remove = (number: number) => config.transact((draft) => draft.remove('network', uuid(number)));

/** `+1 ~2 -3`, or `resync`. */
function shown(batch: ChangeBatch): string {
  if ('resync' in batch) return 'resync';
  const signs = { added: '+', changed: '~', removed: '-' };
  return batch.changes
    .map(({ key, type }) => `${signs[type]}${Number(key.slice(-12))}`)
    .sort()
    .join(' ');
}
async function next(reader: Reader): Promise<string> {
  const { value, done } = await reader.next();
  return done ? 'end' : shown(value);
}

test('a reader is told what was added, changed and removed, in time', async () => {
  const changes = feed();
  const [networks, groups] = [read(changes, 'network'), read(changes, 'group')];
  const [first, none] = [networks.next(), groups.next()];
  const revision = await add(1);
  assert.deepEqual((await first).value, { revision, changes: [{ key: uuid(1), type: 'added' }] });
  const second = next(networks);
  await touch(1);
  assert.equal(await second, '~1');
  await remove(1);
  assert.equal(await next(networks), '-1');
  changes.close();
  assert.deepEqual(await none, { value: undefined, done: true }, 'nothing happened to groups');
  assert.equal(await next(networks), 'end');
});

test('a slow reader gets each object once, and nothing of what came and went', async () => {
  const changes = feed();
  const reader = read(changes, 'network');
  await add(1);
  await touch(1);
  await add(2);
  await remove(2);
  await add(3);
  assert.equal(await next(reader), '+1 +3');
  await touch(1);
  await touch(1);
  await remove(3);
  assert.equal(await next(reader), '-3 ~1');
  changes.close();
});

test('who missed more than a batch looks at everything, and is then told what happens', async () => {
  const changes = feed({ batch: 3 });
  const reader = read(changes, 'network');
  for (const number of [1, 2, 3]) await add(number);
  assert.equal(await next(reader), '+1 +2 +3');
  for (const number of [4, 5, 6, 7]) await add(number);
  assert.equal(await next(reader), 'resync');
  await touch(4);
  assert.equal(await next(reader), '~4');
  changes.close();
});

test('who comes back is told what happened since, as far as it is known', async () => {
  const changes = feed({ snapshots: 8 });
  const before = config.current.revision;
  const old = await add(1);
  const middle = await add(2);
  await touch(1);
  assert.equal(await next(read(changes, 'network', middle)), '~1');
  assert.equal(await next(read(changes, 'network', old)), '+2 ~1');
  assert.equal(await next(read(changes, 'network', before)), '+1 +2');
  assert.equal(await next(read(changes, 'network', before - 1)), 'resync', 'before the feed began');
  assert.equal(await next(read(changes, 'network', config.current.revision + 1)), 'resync', 'a revision of another cluster');
  for (let round = 0; round < 10; round++) await touch(2);
  assert.equal(await next(read(changes, 'network', old)), 'resync', 'forgotten');
  changes.close();
});

test('live changes are told with those of the configuration, to each reader, and after he was away', async () => {
  const changes = feed();
  const [jobs, others, nodes] = [read(changes, 'job'), read(changes, 'job'), read(changes, 'node')];
  const waiting = next(jobs);
  const { revision } = config.current;
  tell('job', '7', 'added');
  assert.equal(await waiting, '+7');
  tell('job', '7');
  tell('node', '1');
  tell('job', '8', 'added');
  assert.equal(await next(jobs), '+8 ~7');
  assert.equal(await next(others), '+8 ~7');
  assert.equal(await next(nodes), '~1');
  await add(1);
  const later = config.current.revision;
  tell('job', '9', 'added');
  assert.equal(await next(read(changes, 'job', later)), '+9');
  assert.equal(await next(read(changes, 'job', revision)), '+8 +9 ~7');
  changes.close();
  tell = () => undefined;
});

test('of live changes no more is kept than the limit', async () => {
  const changes = feed({ live: 3 });
  const [slow, fast] = [read(changes, 'job'), read(changes, 'job')];
  const { revision } = config.current;
  for (const key of ['1', '2', '3', '1']) tell('job', key);
  assert.equal(await next(fast), '~1 ~2 ~3');
  tell('job', '4');
  assert.equal(await next(fast), '~4');
  assert.equal(await next(slow), 'resync');
  tell('job', '5');
  assert.equal(await next(slow), '~5');
  assert.equal(await next(read(changes, 'job', revision)), 'resync');
  changes.close();
});

test('a reader leaves by his signal or by ending the loop; a kind without changes is refused', async () => {
  const changes = feed();
  const leaving = new AbortController();
  const ended = next(read(changes, 'network', undefined, leaving.signal));
  leaving.abort();
  assert.equal(await ended, 'end');
  const revision = config.current.revision;
  await add(1);
  for await (const batch of changes.changes('network', revision, stop.signal)) {
    assert.equal(shown(batch), '+1');
    break;
  }
  for (const kind of ['lock', 'constructor'])
    assert.throws(() => changes.changes(kind, undefined, stop.signal), { code: 'QUERY_KIND_WITHOUT_CHANGES' });
  changes.close();
});

test('when the configuration ends, its readers are told', async () => {
  const own = await openConfig(store, { clock: systemClock, log: silentLog });
  const changes = new ChangeFeed({ config: own });
  const ended = assert.rejects(next(read(changes, 'network')), { code: 'STORE_UNAVAILABLE' });
  await own.close();
  await ended;
  changes.close();
});
