import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../../test/support/until.ts';
import { openStore } from './open-store.ts';
import type { Store, WatchEvent } from './store.ts';
import { type EtcdServer, startEtcdServer } from './testing/etcd-server.ts';
import { registerStoreConformance } from './testing/store-conformance.ts';

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
registerStoreConformance('etcd', { makePlace, crash: () => server.crash() }, ['watches']);

const put = (key: string, value: string) => ({ type: 'put', key, value }) as const;

/** Repeats a blind write until it is acknowledged, as its owner would. */
async function writeSurely(store: Store, key: string, value: string): Promise<void> {
  const write = () => store.transact({ compares: [], writes: [put(key, value)] });
  const failed = (error: unknown) => assert.equal((error as { code?: string }).code, 'STORE_UNAVAILABLE');
  await until(`${key} is written`, () => write().then(() => true, failed), { seconds: 60 });
}

test('etcd: a watch goes on over restarts of the server without gaps and repeats', async () => {
  const store = await openStore(newUrl());
  const { revision } = await store.range('');
  const stop = new AbortController();
  const seen: WatchEvent[] = [];
  const watching = (async () => {
    for await (const { events } of store.watch('/w/', revision, stop.signal)) {
      seen.push(...events);
      if (events.some((event) => event.type === 'put' && event.entry.key === '/w/last')) stop.abort();
    }
  })();
  for (let round = 0; round < 3; round++) {
    for (let index = 0; index < 20; index++) await writeSurely(store, `/w/${round}-${index}`, '');
    await server.crash();
  }
  await writeSurely(store, '/w/last', '');
  await watching;
  const { entries } = await store.range('/w/');
  const puts = seen.flatMap((event) => (event.type === 'put' ? [event.entry] : []));
  const revisions = puts.map(({ modRevision }) => modRevision);
  assert.deepEqual(
    revisions,
    [...new Set(revisions)].sort((a, b) => a - b),
  );
  // Whoever comes late reads the same: the newest change of every key was seen.
  const newest = Array.from(new Map(puts.map((entry) => [entry.key, entry])).values());
  assert.deepEqual(
    newest.sort((a, b) => (a.key < b.key ? -1 : 1)),
    entries,
  );
  await store.close();
});
