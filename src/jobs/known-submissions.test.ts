import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type Clock, GantryError, systemClock } from '../base/index.ts';
import { keys } from '../model/index.ts';
import type { Store, Transaction } from '../store/index.ts';
import type { OpInput } from './job-queue.ts';
import { type FixtureOptions, newDirectory, openFixture, type QueueFixture } from './queue-fixture.ts';
import { testOperations } from './test-operations.ts';

const noop: OpInput = { OP_ID: 'OP_TEST_DELAY', duration: 0 };
const once = (key: string, fingerprint = 'this') => ({ key, fingerprint });

let home: { dir: string; remove: () => Promise<void> };
let open: QueueFixture[];
beforeEach(async () => {
  home = await newDirectory();
  await mkdir(join(home.dir, 'world'));
  open = [];
});
afterEach(async () => {
  for (const fixture of open) await fixture.close();
  await home.remove();
});

const start = async (options: Partial<FixtureOptions> = {}): Promise<QueueFixture> => {
  const fixture = await openFixture(home.dir, { operations: testOperations({ dir: join(home.dir, 'world') }), ...options });
  open.push(fixture);
  return fixture;
};
const numbers = ({ queue }: QueueFixture) => queue.list().map(({ id }) => id);

test('the same key is the same job, also while the first is being stored', async () => {
  const fixture = await start();
  const { queue } = fixture;
  const both = await Promise.all([queue.submit([noop], 'alice', once('k')), queue.submit([noop], 'alice', once('k'))]);
  assert.deepEqual([...both, await queue.submit([noop], 'alice', once('k'))], [1, 1, 1]);
  assert.deepEqual(numbers(fixture), [1]);
});

test('another request with the same key is refused; another user has keys of its own', async () => {
  const fixture = await start();
  const { queue } = fixture;
  await queue.submit([noop], 'alice', once('k'));
  await assert.rejects(queue.submit([noop], 'alice', once('k', 'that')), { code: 'SUBMISSION_KEY_REUSED' });
  assert.equal(await queue.submit([noop], 'bob', once('k', 'that')), 2);
  assert.equal(await queue.submit([noop], 'alice', once('other')), 3);
  assert.deepEqual(numbers(fixture), [1, 2, 3]);
});

test('without a key every submission is a job', async () => {
  const { queue } = await start();
  assert.deepEqual([await queue.submit([noop], 'alice'), await queue.submit([noop], 'alice')], [1, 2]);
});

test('another master knows the keys, also those of archived jobs', async () => {
  const before = await start();
  const id = await before.queue.submit([noop], 'alice', once('k'));
  while ((await before.queue.autoArchive(0)) === 0) await before.queue.waitForChange(id, { timeoutMs: 50 });
  await before.close();
  open = [];
  const { queue } = await start();
  assert.equal(await queue.submit([noop], 'alice', once('k')), 1);
  await assert.rejects(queue.submit([noop], 'alice', once('k', 'that')), { code: 'SUBMISSION_KEY_REUSED' });
  assert.equal(await queue.submit([noop], 'alice', once('new')), 2);
});

test('a submission that was refused may be sent again', async () => {
  const { queue } = await start();
  const dependent = { ...noop, depends: [[99, []]] };
  await assert.rejects(queue.submit([dependent], 'alice', once('k')), { code: 'JOB_DEPENDENCY_UNKNOWN' });
  assert.equal(await queue.submit([noop], 'alice', once('k')), 1);
});

test('keys are forgotten after a day, in the store as well', async () => {
  let ahead = 0;
  const clock: Clock = { now: () => systemClock.now() + ahead, sleep: (ms, signal) => systemClock.sleep(ms, signal) };
  const { queue, store } = await start({ clock });
  for (const key of ['a', 'b', 'c']) await queue.submit([noop], 'alice', once(key));
  ahead = 86_400_000 - 60_000;
  assert.equal(await queue.submit([noop], 'alice', once('a')), 1);
  ahead = 86_400_000 + 60_000;
  assert.equal(await queue.submit([noop], 'alice', once('a', 'that')), 4);
  assert.equal((await store.range(keys.submissions, { limit: 100 })).entries.length, 1);
});

test('submissions at the same time forget what is old only once, also when one of the old keys comes back', async () => {
  let ahead = 0;
  const clock: Clock = { now: () => systemClock.now() + ahead, sleep: (ms, signal) => systemClock.sleep(ms, signal) };
  const { queue, store } = await start({ clock });
  for (const key of ['a', 'b', 'c', 'd', 'e']) await queue.submit([noop], 'alice', once(key));
  ahead = 86_400_000 + 60_000;
  const keysOfAll = ['x', 'y', 'a', 'z', 'e'];
  const made = await Promise.all(keysOfAll.map((key) => queue.submit([noop], 'alice', once(key, 'that'))));
  assert.deepEqual(made, [6, 7, 8, 9, 10]);
  const again = await Promise.all(keysOfAll.map((key) => queue.submit([noop], 'alice', once(key, 'that'))));
  assert.deepEqual(again, made);
  assert.equal((await store.range(keys.submissions, { limit: 100 })).entries.length, 5);
});

/** A store whose answers get lost as `fate` says, one transaction after the other with a job in it. */
const losing =
  (fate: ('lost before' | 'lost after' | 'full' | 'fine')[]) =>
  (store: Store): Store => ({
    get: (key) => store.get(key),
    range: (prefix, options) => store.range(prefix, options),
    watch: (prefix, after, signal) => store.watch(prefix, after, signal),
    grantLease: (ttl) => store.grantLease(ttl),
    compact: (revision) => store.compact(revision),
    close: () => store.close(),
    async transact(transaction: Transaction) {
      const isNew = transaction.writes.some(({ key }) => key === keys.jobSerial);
      const next = isNew ? (fate.shift() ?? 'fine') : 'fine';
      if (next === 'full') throw new GantryError('STORE_FULL', { store: 'test', detail: 'full' });
      if (next === 'lost before') throw new GantryError('STORE_UNAVAILABLE', { store: 'test', detail: 'lost' });
      const result = await store.transact(transaction);
      if (next === 'lost after') throw new GantryError('STORE_UNAVAILABLE', { store: 'test', detail: 'lost' });
      return result;
    },
  });

test('whatever the store answers, one request makes one job', async () => {
  const hasty: Clock = { now: () => systemClock.now(), sleep: (ms, signal) => systemClock.sleep(ms > 10_000 ? ms : 1, signal) };
  const fate: Parameters<typeof losing>[0] = ['lost before', 'full', 'lost before', 'lost after', 'lost after'];
  const fixture = await start({ wrap: losing(fate), clock: hasty });
  assert.equal(await fixture.queue.submit([noop], 'alice', once('k')), 1);
  assert.equal(await fixture.queue.submit([noop], 'alice', once('k')), 1);
  assert.deepEqual(numbers(fixture), [1]);
});

test('a full store refuses, and makes nothing of it later; the same may be sent again', async () => {
  const fixture = await start({ wrap: losing(['full', 'full', 'fine']) });
  for (let attempt = 1; attempt <= 2; attempt++) {
    await assert.rejects(fixture.queue.submit([noop], 'alice', once('k')), { code: 'STORE_FULL' });
  }
  const id = await fixture.queue.submit([noop], 'alice', once('k'));
  assert.equal(await fixture.queue.submit([noop], 'alice', once('k')), id);
  assert.deepEqual(numbers(fixture), [id]);
});
