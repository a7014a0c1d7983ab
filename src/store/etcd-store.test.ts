import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { silentLog, systemClock } from '../base/index.ts';
import { createConfig } from './create-config.ts';
import { openEtcdStore } from './etcd-store.ts';
import { campaign } from './leadership.ts';
import { openConfig } from './live-config.ts';
import { openStore } from './open-store.ts';
import type { EtcdOptions } from './store.ts';
import { type EtcdServer, startEtcdServer } from './testing/etcd-server.ts';
import { sampleCluster, sampleGroup, sampleInstance, sampleNode } from './testing/sample-objects.ts';
import { registerStoreConformance } from './testing/store-conformance.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';
import { makeTestCertificates } from './testing/test-certificates.ts';

let server: EtcdServer;
let places = 0;
const newUrl = () => `etcd://localhost:${server.port}/test-${places++}`;

before(async () => {
  server = await startEtcdServer();
});
after(() => server?.remove());

const makePlace = async () => {
  const url = newUrl();
  return { url, open: () => openStore(url) };
};
registerStoreConformance('etcd', { makePlace, crash: () => server.crash() }, ['values', 'transactions', 'limits']);

const options = { clock: systemClock, log: silentLog };
const put = (key: string, value: string) => ({ type: 'put', key, value }) as const;

test('etcd: configuration and leadership work as on SQLite', async () => {
  const store = await openStore(newUrl());
  await createConfig(store, { cluster: sampleCluster, groups: [sampleGroup], nodes: [sampleNode(0)] });
  const leadership = await campaign(store, { ...options, name: 'one', ttlSeconds: 5, signal: new AbortController().signal });
  const config = await openConfig(store, options);
  const other = await openConfig(store, options);
  const { revision } = await config.transact(
    (draft) => draft.create('instance', sampleInstance(1)),
    () => leadership.rider(),
  );
  await other.reached(revision);
  assert.equal(other.current.instances.find('instance1.example.com')?.uuid, sampleInstance(1).uuid);
  const grow = (index: number) =>
    (index % 2 ? config : other).transact((draft) =>
      draft.update('cluster', '', (old) => ({ ...old, candidate_pool_size: old.candidate_pool_size + 1 })),
    );
  await Promise.all(Array.from({ length: 20 }, (_, index) => grow(index)));
  await config.reached((await store.range('')).revision);
  assert.equal(config.current.cluster.candidate_pool_size, sampleCluster.candidate_pool_size + 20);
  const elsewhere = await store.transact({ compares: [], writes: [put('/jobs/1', '')] });
  assert(elsewhere.committed);
  await config.reached(elsewhere.revision);
  await leadership.resign();
  const late = config.transact(
    (draft) => draft.remove('instance', sampleInstance(1).uuid),
    () => leadership.rider(),
  );
  await assert.rejects(late, { code: 'FENCED' });
  await Promise.all([config.close(), other.close()]);
  await store.close();
});

test('etcd: a server that is not there is reported', async () => {
  const gone = await startEtcdServer();
  await gone.remove();
  await assert.rejects(openEtcdStore({ hosts: [`localhost:${gone.port}`], prefix: '/x', patienceMs: 200 }), { code: 'STORE_UNAVAILABLE' });
});

test('etcd: with TLS only those with a certificate of the right authority come in', async () => {
  const directory = await temporaryDirectory();
  const [right, wrong] = await Promise.all([makeTestCertificates(directory, 'right'), makeTestCertificates(directory, 'wrong')]);
  const secure = await startEtcdServer({ tls: right });
  const hasty = (tls: NonNullable<EtcdOptions['tls']>) =>
    openEtcdStore({ hosts: [`localhost:${secure.port}`], prefix: '/tls', tls, patienceMs: 200 });
  try {
    const store = await openStore(`etcd://localhost:${secure.port}/tls?${new URLSearchParams({ ...right }).toString()}`);
    await store.transact({ compares: [], writes: [put('/a', '1')] });
    assert.equal((await store.get('/a'))?.value, '1');
    await store.close();
    await assert.rejects(hasty({ ca: right.ca }), { code: 'STORE_UNAVAILABLE' });
    await assert.rejects(hasty({ ...right, ca: wrong.ca }), { code: 'STORE_UNAVAILABLE' });
    await assert.rejects(hasty({ ...wrong, ca: right.ca }), { code: 'STORE_UNAVAILABLE' });
  } finally {
    await secure.remove();
  }
});
