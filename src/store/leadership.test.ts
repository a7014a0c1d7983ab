import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog, systemClock } from '../base/index.ts';
import { keys } from '../model/index.ts';
import { campaign, currentLeader } from './leadership.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { Store } from './store.ts';
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
