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

const makePlace = async () => {
  const path = newPath();
  return { url: `sqlite:${path}`, open: () => openSqliteStore(path) };
};
const crash = async (writer: { kill(signal: 'SIGKILL'): unknown }) => void writer.kill('SIGKILL');
registerStoreConformance('sqlite', { makePlace, crash }, ['leases', 'crash']);

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
