import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openSqliteStore } from './sqlite-store.ts';
import type { Store } from './store.ts';
import { leaseHolderPath } from './testing/lease-holder.ts';
import { registerStoreConformance } from './testing/store-conformance.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

const directory = await temporaryDirectory();
let files = 0;
const newPath = () => join(directory, `store-${files++}.db`);

registerStoreConformance('sqlite', {
  async makePlace() {
    const path = newPath();
    return { url: `sqlite:${path}`, open: () => openSqliteStore(path) };
  },
  async crash(writer) {
    writer.kill('SIGKILL');
  },
});

const put = (key: string, value: string) => ({ type: 'put', key, value }) as const;

/** Another process that holds `/held` by a lease of an hour. */
async function holder(context: TestContext, path: string) {
  const child = spawn(process.execPath, [leaseHolderPath, `sqlite:${path}`, '/held'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  context.after(kill);
  await once(child.stdout, 'data');
  return { kill };
}

async function nextDelete(store: Store, key: string): Promise<void> {
  const stop = new AbortController();
  const { revision } = await store.range('');
  for await (const { events } of store.watch(key, revision, stop.signal)) {
    if (events.some((event) => event.type === 'delete')) stop.abort();
  }
}

test('sqlite: the lease of a killed process ends at once, also for those who have the file open', async (context) => {
  const path = newPath();
  const store = await openSqliteStore(path);
  const process = await holder(context, path);
  assert.notEqual(await store.get('/held'), undefined);
  const gone = nextDelete(store, '/held');
  await process.kill();
  await gone;
  assert.equal(await store.get('/held'), undefined);
  await store.close();
});

test('sqlite: whoever opens the file finds the leases of killed processes ended', async (context) => {
  const path = newPath();
  const process = await holder(context, path);
  await process.kill();
  const store = await openSqliteStore(path);
  assert.equal(await store.get('/held'), undefined);
  await store.close();
});

test('sqlite: the lease of a process that runs is not touched by another', async (context) => {
  const path = newPath();
  const process = await holder(context, path);
  for (let round = 0; round < 2; round++) {
    const store = await openSqliteStore(path);
    assert.notEqual(await store.get('/held'), undefined);
    await store.close();
  }
  await process.kill();
});

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
