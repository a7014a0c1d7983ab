import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { seededRandom, systemClock } from '../base/index.ts';
import { openStore } from './open-store.ts';
import { RecentChanges } from './recent-changes.ts';
import type { Store, WatchEvent } from './store.ts';

let dir = '';
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gantry-recent-'));
});
after(() => rm(dir, { recursive: true, force: true }));

const put = (key: string, modRevision: number, value = 'x'): WatchEvent => ({
  type: 'put',
  entry: { key, value, createRevision: modRevision, modRevision },
});

/** One group of one transaction a revision, after `from`. */
function commitGroup(recent: RecentChanges, from: number, ...events: WatchEvent[]): void {
  recent.begin(from);
  for (const [index, event] of events.entries()) recent.add(from + 1 + index, event);
  recent.commit();
}

test('it knows its own changes of a prefix after a revision, and says when it does not', () => {
  const recent = new RecentChanges();
  assert.equal(recent.after('', 0), undefined);
  commitGroup(recent, 7, put('/a/1', 8), put('/b/1', 9), { type: 'delete', key: '/a/1', modRevision: 10 });
  assert.deepEqual(recent.after('/a/', 7), {
    batches: [
      { revision: 8, events: [put('/a/1', 8)] },
      { revision: 10, events: [{ type: 'delete', key: '/a/1', modRevision: 10 }] },
    ],
    complete: true,
    revision: 10,
  });
  assert.deepEqual(recent.after('/b/', 9), { batches: [], complete: true, revision: 10 });
  assert.deepEqual(recent.after('', 10), { batches: [], complete: true, revision: 10 });
  assert.equal(recent.after('', 6), undefined, 'before what it knows');
  assert.equal(recent.after('', 11), undefined, 'somebody has seen more of the file');
});

test('events of one revision stay together; a group that was undone leaves nothing', () => {
  const recent = new RecentChanges();
  commitGroup(recent, 0, put('/a', 1));
  recent.begin(1);
  recent.add(2, put('/undone', 2));
  recent.begin(1);
  recent.add(2, put('/b', 2));
  recent.add(2, put('/c', 2));
  recent.commit();
  assert.deepEqual(recent.after('', 1)?.batches, [{ revision: 2, events: [put('/b', 2), put('/c', 2)] }]);
});

test('after a change of somebody else only the file knows what was before', () => {
  const recent = new RecentChanges();
  commitGroup(recent, 0, put('/a', 1));
  commitGroup(recent, 3, put('/b', 4));
  assert.equal(recent.after('', 2), undefined);
  assert.deepEqual(recent.after('', 3)?.batches.length, 1);
  recent.forget();
  assert.equal(recent.after('', 4), undefined);
});

test('what it keeps is bounded, by number and by bytes', () => {
  const recent = new RecentChanges();
  for (let revision = 0; revision < 2500; revision++) commitGroup(recent, revision, put('/a', revision + 1));
  assert.equal(recent.after('', 1000), undefined);
  assert.equal(recent.after('', 2499)?.batches.length, 1);
  assert.equal(recent.after('', 2000)?.batches.length, 500);
  const large = 'x'.repeat(1_000_000);
  for (let revision = 2500; revision < 2510; revision++) commitGroup(recent, revision, put('/a', revision + 1, large));
  assert.equal(recent.after('', 2503), undefined);
  assert.equal(recent.after('', 2509)?.revision, 2510);
});

test('watches of two processes on one file see each change once and in order, whoever made it', { timeout: 60_000 }, async () => {
  const random = seededRandom(11);
  const address = `sqlite:${join(dir, 'shared.db')}`;
  const stores: Store[] = [await openStore(address), await openStore(address)];
  const seen = stores.flatMap((store) => ['/', '/even/'].map((prefix) => watchUntil(store, prefix, 300)));
  for (let number = 1; number <= 300; number++) {
    const store = stores[random() < 0.5 ? 0 : 1] as Store;
    const writes = [{ type: 'put', key: number % 2 === 0 ? '/even/a' : '/odd/a', value: String(number) }] as const;
    assert.deepEqual(await store.transact({ compares: [], writes }), { committed: true, revision: number });
    if (random() < 0.1) await systemClock.sleep(random() * 60);
  }
  const all = Array.from({ length: 300 }, (_, index) => index + 1);
  const even = all.filter((number) => number % 2 === 0);
  assert.deepEqual(await Promise.all(seen), [all, even, all, even]);
  for (const store of stores) await store.close();
});

test('a watch that begins sees what another process wrote since the last change of its own', { timeout: 20_000 }, async () => {
  const address = `sqlite:${join(dir, 'begin.db')}`;
  const [own, other] = [await openStore(address), await openStore(address)];
  const write = (store: Store) => store.transact({ compares: [], writes: [{ type: 'put', key: '/a', value: 'x' }] });
  await write(own);
  await write(other);
  for await (const { revision } of own.watch('/', 1, new AbortController().signal)) {
    assert.equal(revision, 2);
    break;
  }
  await own.close();
  await other.close();
});

/** The revisions with changes of a prefix that a watch tells, up to the last one. */
async function watchUntil(store: Store, prefix: string, last: number): Promise<number[]> {
  const revisions: number[] = [];
  for await (const { revision, events } of store.watch(prefix, 0, new AbortController().signal)) {
    if (events.length > 0) revisions.push(revision);
    if (revision >= last) break;
  }
  return revisions;
}
