import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatSamples, GantryError } from '../base/index.ts';
import { observedStore } from './observed-store.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { Store } from './store.ts';
import { StoreMetrics } from './store-metrics.ts';
import { registerStoreConformance } from './testing/store-conformance.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

const textOf = (metrics: StoreMetrics): string =>
  formatSamples({ name: 'store', metrics: metrics.families, measure: (_, emit) => metrics.measure(emit) }, null)
    .map(({ text }) => text)
    .join('');

const directory = await temporaryDirectory();
let files = 0;
const newPath = () => join(directory, `store-${files++}.db`);

const makePlace = async () => {
  const path = newPath();
  return { url: `sqlite:${path}`, open: async () => observedStore(await openSqliteStore(path), new StoreMetrics()) };
};
const crash = async (writer: { kill(signal: 'SIGKILL'): unknown }) => void writer.kill('SIGKILL');
registerStoreConformance('observed', { makePlace, crash }, ['values', 'transactions', 'watches']);

async function inFolder(work: (store: Store, metrics: StoreMetrics) => Promise<void>): Promise<void> {
  const metrics = new StoreMetrics();
  const store = observedStore(await openSqliteStore(newPath()), metrics);
  try {
    await work(store, metrics);
  } finally {
    await store.close();
  }
}

test('transactions are counted by how they ended, operations with the time they took', () =>
  inFolder(async (store, metrics) => {
    const put = { type: 'put', key: '/a', value: 'x' } as const;
    assert.equal((await store.transact({ compares: [{ key: '/a', modRevision: 0 }], writes: [put] })).committed, true);
    assert.equal((await store.transact({ compares: [{ key: '/a', modRevision: 0 }], writes: [put] })).committed, false);
    await assert.rejects(store.transact({ compares: [], writes: [put, put] }));
    assert.equal((await store.get('/a'))?.value, 'x');
    assert.equal((await store.range('/', { limit: 1 })).entries.length, 1);
    metrics.follow(() => store.sizeBytes?.());
    const text = textOf(metrics);
    for (const outcome of ['committed', 'conflict', 'failed'])
      assert.ok(text.includes(`gantry_store_transactions_total{outcome="${outcome}"} 1\n`), outcome);
    for (const [operation, count] of Object.entries({ get: 1, range: 1, transact: 3 }))
      assert.ok(text.includes(`gantry_store_operation_duration_seconds_count{operation="${operation}"} ${count}\n`), operation);
    assert.match(text, /gantry_store_failures_total\{operation="transact"\} 1\n/);
    assert.match(text, /gantry_store_size_bytes [1-9]\d{3,}\n/);
  }));

test('the delay of the watch is measured for changes of this process, each once', () =>
  inFolder(async (store, metrics) => {
    const end = new AbortController();
    const { revision } = await store.range('/w');
    for (const value of ['1', '2']) await store.transact({ compares: [], writes: [{ type: 'put', key: '/w', value }] });
    await store.transact({ compares: [], writes: [{ type: 'put', key: '/elsewhere', value: '3' }] });
    const seen: string[] = [];
    for await (const { events } of store.watch('/w', revision, end.signal)) {
      seen.push(...events.map((event) => (event.type === 'put' ? event.entry.value : '')));
      if (seen.length === 2) break;
    }
    assert.deepEqual(seen, ['1', '2']);
    assert.match(textOf(metrics), /gantry_store_watch_delay_seconds_count 2\n/);
    end.abort();
  }));

test('an operation that fails is counted, and fails as before', async () => {
  const problem = new GantryError('STORE_UNAVAILABLE', { store: 's', detail: 'a test' });
  const failing = { get: () => Promise.reject(problem), range: () => Promise.reject(problem) } as unknown as Store;
  const metrics = new StoreMetrics();
  const store = observedStore(failing, metrics);
  await assert.rejects(store.get('/a'), problem);
  await assert.rejects(store.range('/a'), problem);
  assert.equal(store.sizeBytes?.(), undefined);
  assert.match(textOf(metrics), /gantry_store_failures_total\{operation="get"\} 1\ngantry_store_failures_total\{operation="range"\} 1\n/);
});
