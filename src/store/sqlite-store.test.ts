import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSqliteStore } from './sqlite-store.ts';
import { registerStoreConformance } from './testing/store-conformance.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

const directory = await temporaryDirectory();
let files = 0;
const newPath = () => join(directory, `store-${files++}.db`);

const makePlace = async () => {
  const path = newPath();
  return { url: `sqlite:${path}`, open: () => openSqliteStore(path) };
};
const crash = async () => assert.fail('nothing is killed here');
registerStoreConformance('sqlite', { makePlace, crash }, ['values', 'transactions', 'limits', 'watches']);

const put = (key: string, value: string) => ({ type: 'put', key, value }) as const;

test('sqlite: transactions of one turn share a commit, and each has its own outcome', async () => {
  const store = await openSqliteStore(newPath());
  const outcomes = await Promise.all([
    store.transact({ compares: [{ key: '/one', modRevision: 0 }], writes: [put('/one', 'first')] }),
    store.transact({ compares: [{ key: '/one', modRevision: 0 }], writes: [put('/one', 'second')] }),
    store.transact({ compares: [{ key: '/one', modRevision: 1 }], writes: [put('/one', 'third')] }),
    store.transact({ compares: [], writes: [{ ...put('/bad', ''), leaseId: 'none' }] }).catch((error: { code: string }) => error.code),
    store.transact({ compares: [], writes: [put('/two', '')] }),
  ]);
  assert.deepEqual(outcomes, [
    { committed: true, revision: 1 },
    { committed: false },
    { committed: true, revision: 2 },
    'STORE_LEASE_UNKNOWN',
    { committed: true, revision: 3 },
  ]);
  assert.equal((await store.get('/one'))?.value, 'third');
  await store.close();
});

test('sqlite: old history is forgotten by itself, values are kept', async () => {
  const path = newPath();
  const store = await openSqliteStore(path, { keepRevisions: 100 });
  await store.transact({ compares: [], writes: [put('/old', 'kept')] });
  for (let round = 0; round < 12; round++) {
    await Promise.all(Array.from({ length: 100 }, (_, index) => store.transact({ compares: [], writes: [put('/k', String(index))] })));
  }
  const { revision } = await store.range('');
  const from = async (after: number) => {
    const stop = new AbortController();
    let events = 0;
    for await (const batch of store.watch('/k', after, stop.signal)) {
      events += batch.events.length;
      if (batch.revision === revision) stop.abort();
    }
    return events;
  };
  await assert.rejects(from(1), { code: 'STORE_COMPACTED' });
  assert.equal(await from(revision - 100), 100);
  assert.equal((await store.get('/old'))?.value, 'kept');
  await store.close();
});
