import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { GantryError, silentLog, systemClock } from '../base/index.ts';
import { keys } from '../model/index.ts';
import { campaign, currentLeader } from './leadership.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { Store } from './store.ts';
import { delegateStore } from './testing/delegate-store.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

const directory = await temporaryDirectory();
let files = 0;

function leaderTest(name: string, body: (store: Store, open: () => Promise<Store>) => Promise<void>): void {
  test(name, async () => {
    const path = join(directory, `leader-${files++}.db`);
    const handles: Store[] = [];
    const open = async () => {
      const store = await openSqliteStore(path);
      handles.push(store);
      return store;
    };
    await body(await open(), open);
    await Promise.all(handles.map((handle) => handle.close()));
  });
}

const stand = (store: Store, name: string, signal = new AbortController().signal, ttlSeconds = 60) =>
  campaign(store, { name, ttlSeconds, clock: systemClock, log: silentLog, signal });

leaderTest('one leads, the next one waits until it resigns, and terms grow', async (store, open) => {
  const other = await open();
  const first = await stand(store, 'one');
  assert.deepEqual((await currentLeader(other))?.name, 'one');
  assert.equal((await currentLeader(other))?.term, first.term);
  let waiting = true;
  const next = stand(other, 'two').finally(() => {
    waiting = false;
  });
  await systemClock.sleep(100);
  assert.equal(waiting, true);
  await first.resign();
  const second = await next;
  assert(second.term > first.term);
  assert.equal((await currentLeader(store))?.name, 'two');
  await second.resign();
  assert.equal(await currentLeader(store), undefined);
});

leaderTest('of several candidates exactly one wins each time', async (store) => {
  const terms: number[] = [];
  let leading = 0;
  const serve = async (name: string) => {
    const leadership = await stand(store, name);
    assert.equal(++leading, 1);
    terms.push(leadership.term);
    await systemClock.sleep(5);
    leading--;
    await leadership.resign();
  };
  await Promise.all(['a', 'b', 'c', 'd', 'e'].map(serve));
  assert.equal(terms.length, 5);
  assert.deepEqual(
    terms,
    terms.toSorted((a, b) => a - b),
  );
});

leaderTest('the writes of a deposed leader fail, and it is told', async (store) => {
  const leadership = await stand(store, 'old', undefined, 1);
  const write = () => store.transact({ compares: leadership.rider().compares, writes: [{ type: 'put', key: '/w', value: '' }] });
  assert.equal((await write()).committed, true);
  await store.transact({ compares: [], writes: [{ type: 'delete', key: keys.leader }] });
  assert.deepEqual(await write(), { committed: false });
  await leadership.lost;
  const successor = await stand(store, 'new');
  assert.deepEqual(await write(), { committed: false });
  await successor.resign();
});

leaderTest('a leader that prolongs its lease stays', async (store) => {
  const leadership = await stand(store, 'steady', undefined, 1);
  await systemClock.sleep(2500);
  assert.equal((await currentLeader(store))?.term, leadership.term);
  await leadership.resign();
});

leaderTest('a candidate can give up', async (store) => {
  const leadership = await stand(store, 'one');
  const giveUp = new AbortController();
  const waiting = stand(store, 'two', giveUp.signal);
  const reason = new Error('shutting down');
  giveUp.abort(reason);
  await assert.rejects(waiting, reason);
  await leadership.resign();
});

/** Holds up the event loop, as work that is too much for it does. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

leaderTest('a leader whose event loop is held up for longer than its lease stays, with a thread that prolongs it', async (store, open) => {
  const options = { name: 'busy', clock: systemClock, log: silentLog, signal: new AbortController().signal };
  const leadership = await campaign(store, { ...options, ttlSeconds: 2, inThread: true });
  // The thread has begun when nobody else prolongs the lease any more.
  await systemClock.sleep(3000);
  block(3000);
  assert.equal(leadership.doubt(), undefined);
  assert.equal((await currentLeader(await open()))?.term, leadership.term);
  await leadership.resign();
  assert.equal(await currentLeader(store), undefined);
});

leaderTest('a leader that finds out by itself that its term is over is in doubt at once, and stands again', async (store) => {
  const leadership = await stand(store, 'one');
  const reason = new GantryError('MASTER_STANDS_BY', { reason: 'a write was refused' });
  leadership.lose(reason);
  assert.equal(leadership.doubt(), reason);
  assert.equal(await leadership.lost, reason);
  leadership.lose(new GantryError('MASTER_STANDS_BY', { reason: 'another one' }));
  assert.equal(leadership.doubt(), reason, 'the first reason holds');
  await leadership.resign();
  const next = await stand(store, 'one');
  assert(next.term > leadership.term);
  assert.equal(next.doubt(), undefined);
  await next.resign();
});

leaderTest('a leader that was held up for longer than its lease is in doubt at once, and told of its end', async (store) => {
  const leadership = await stand(store, 'held', undefined, 1);
  assert.equal(leadership.doubt(), undefined);
  block(1200);
  assert.equal(leadership.doubt()?.code, 'MASTER_PAUSED');
  assert.equal((await leadership.lost).code, 'MASTER_PAUSED');
  await leadership.resign();
});

leaderTest(
  'a leader that cannot reach the store is in doubt after its lease, and goes on when the store is back in time',
  async (store) => {
    let isGone = false;
    const unreachable = () => Promise.reject(new GantryError('STORE_UNAVAILABLE', { store: 'x', detail: 'gone' }));
    const gone = delegateStore(store, {
      get: (key) => (isGone ? unreachable() : store.get(key)),
      grantLease: async (seconds) => {
        const lease = await store.grantLease(seconds * 10);
        return { ...lease, keepAlive: () => (isGone ? unreachable() : lease.keepAlive()) };
      },
    });
    const leadership = await stand(gone, 'cut off', undefined, 1);
    isGone = true;
    await systemClock.sleep(1500);
    assert.equal(leadership.doubt()?.code, 'STORE_UNAVAILABLE');
    isGone = false;
    for (let tries = 0; leadership.doubt() && tries < 100; tries++) await systemClock.sleep(50);
    assert.equal(leadership.doubt(), undefined);
    assert.equal((await currentLeader(store))?.term, leadership.term);
    await leadership.resign();
  },
);

leaderTest('a candidate waits for room in a full store, and a term ends although its lease cannot be given back', async (store) => {
  let isFull = true;
  const full = () => Promise.reject(new GantryError('STORE_FULL', { store: 'x', detail: 'no room' }));
  const small = delegateStore(store, {
    grantLease: async (seconds) => {
      if (isFull) return full();
      const lease = await store.grantLease(seconds);
      return { ...lease, revoke: full };
    },
  });
  const waiting = stand(small, 'patient', undefined, 1);
  await systemClock.sleep(100);
  isFull = false;
  const leadership = await waiting;
  await leadership.resign();
  // What could not be given back runs out.
  const next = await stand(store, 'next');
  assert(next.term > leadership.term);
  await next.resign();
});
