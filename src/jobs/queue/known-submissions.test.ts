import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { type Clock, GantryError, systemClock } from '../../base/index.ts';
import { keys } from '../../model/index.ts';
import type { RangeOptions, Store, Transaction, Write } from '../../store/index.ts';
import { type QueueFixture, userNamed } from '../testing/queue-fixture.ts';
import { end, hastyClock, noop, testQueues } from '../testing/test-queues.ts';
import { loadSubmissions } from './known-submissions.ts';

const { start } = testQueues();
const once = (key: string, fingerprint = 'this') => ({ key, fingerprint });
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

test('users of the same name that two schemes give have keys of their own', async () => {
  const { queue } = await start();
  const other = { ...userNamed('alice'), scheme: 'ldap' };
  assert.equal(await queue.submit([noop], 'alice', once('k')), 1);
  assert.equal(await queue.submit([noop], other, once('k', 'that')), 2);
  assert.equal(await queue.submit([noop], other, once('k', 'that')), 2);
});

test('without a key every submission is a job', async () => {
  const { queue } = await start();
  assert.deepEqual([await queue.submit([noop], 'alice'), await queue.submit([noop], 'alice')], [1, 2]);
});

test('another master knows the keys, also those of archived jobs', async () => {
  const before = await start();
  const id = await before.queue.submit([noop], 'alice', once('k'));
  await end(before.queue, id);
  await before.queue.archive(id);
  await before.close();
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
  (store: Store): Partial<Store> => ({
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
  const fate: Parameters<typeof losing>[0] = ['lost before', 'full', 'lost before', 'lost after', 'lost after'];
  const fixture = await start({ wrap: losing(fate), clock: hastyClock });
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

describe('what is known of submissions', () => {
  const day = 86_400_000;
  const known = (job: number, at: number, fingerprint = 'this') => JSON.stringify({ job, fingerprint, at });

  /** Submissions that a former master stored, by key, and what each submission writes now. */
  async function loaded(stored: Record<string, string>, place: (key: string) => string = keyOf) {
    const entries = Object.entries(stored)
      .map(([key, value]) => ({ key: place(key), value }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    const asked: (string | undefined)[] = [];
    const store = {
      range: async (prefix: string, options: RangeOptions) => {
        const { after, limit = 0 } = options;
        assert.deepEqual([prefix, 'after' in options], [keys.submissions, after !== undefined]);
        asked.push(after);
        const left = entries.filter(({ key }) => after === undefined || key > after);
        return { entries: left.slice(0, limit), more: left.length > limit };
      },
    } as unknown as Store;
    let now = 0;
    const submissions = await loadSubmissions(store, () => now);
    let next = 100;
    /** The job of a submission at that time, and the keys of those that are removed with it. */
    const submit = async (key: string, at: number, fate: Promise<void> = Promise.resolve()) => {
      now = at;
      let writes: readonly Write[] = [];
      const job = await submissions.once(userNamed('alice'), once(key), async (writesFor) => {
        const id = next++;
        writes = writesFor(id);
        await fate;
        return id;
      });
      const removed = writes.filter(({ type }) => type === 'delete').map((write) => write.key);
      return { job, writes, removed };
    };
    return { submit, asked };
  }
  const keyOf = (key: string) => keys.submission(createHash('sha256').update(`users-file\0alice\0${key}`).digest('hex'));
  const oldKeyOf = (key: string) => keys.submission(createHash('sha256').update(`alice\0${key}`).digest('hex'));

  test('is stored with the job, under a digest of scheme, user and key', async () => {
    const { submit } = await loaded({});
    const { job, writes } = await submit('k', 5000);
    assert.equal(job, 100);
    assert.deepEqual(writes, [{ type: 'put', key: keyOf('k'), value: known(100, 5000) }]);
  });

  test('by an earlier version, without the scheme, is found', async () => {
    const { submit } = await loaded({ k: known(7, 1000) }, oldKeyOf);
    assert.equal((await submit('k', 2000)).job, 7);
    assert.deepEqual((await submit('k', 1000 + day)).writes[0], { type: 'put', key: keyOf('k'), value: known(100, 1000 + day) });
  });

  test('is read in pages, however much there is', async () => {
    const stored = Object.fromEntries(Array.from({ length: 1203 }, (_, i) => [`k${i}`, known(i, i)]));
    const { submit, asked } = await loaded(stored);
    assert.deepEqual([asked.length, asked[0]], [3, undefined]);
    for (const i of [0, 600, 1202]) assert.equal((await submit(`k${i}`, day - 1)).job, i);
  });

  test('lives for a day to the millisecond', async () => {
    const { submit } = await loaded({ k: known(7, 1000) });
    assert.equal((await submit('k', 1000 + day - 1)).job, 7);
    const { job, removed } = await submit('k', 1000 + day);
    assert.deepEqual([job, removed], [100, []], 'it is written over');
  });

  test('is removed the oldest first, at most four with a submission, and nothing that still lives', async () => {
    const { submit } = await loaded({
      e: known(5, 50),
      a: known(1, 10),
      c: known(3, 30),
      b: known(2, 20),
      d: known(4, 40),
      z: known(9, day),
    });
    assert.deepEqual((await submit('one', day + 9)).removed, []);
    assert.deepEqual((await submit('two', day + 10)).removed, [keyOf('a')]);
    assert.deepEqual((await submit('three', day + 500)).removed, ['b', 'c', 'd', 'e'].map(keyOf));
    assert.deepEqual((await submit('four', day + 500)).removed, []);
    assert.equal((await submit('z', day + 500)).job, 9);
    const five = await loaded(Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((key, i) => [key, known(i, i)])));
    assert.deepEqual((await five.submit('x', 2 * day)).removed, ['a', 'b', 'c', 'd'].map(keyOf));
    assert.deepEqual((await five.submit('y', 2 * day)).removed, [keyOf('e')]);
  });

  test('is limited to ten thousand: then the oldest one goes, though it lives', async () => {
    const stored = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, known(i, i)]));
    const below = await loaded(stored(9_999));
    assert.deepEqual((await below.submit('new', 20_000)).removed, []);
    const full = await loaded(stored(10_000));
    assert.deepEqual((await full.submit('new', 20_000)).removed, [keyOf('k0')]);
    assert.deepEqual((await full.submit('newer', 20_000)).removed, [keyOf('k1')]);
    assert.equal((await full.submit('k2', 20_000)).job, 2);
  });

  test('is still there when the submission that was to remove it fails, unless it came anew', async () => {
    const { submit } = await loaded({ a: known(1, 0), b: known(2, 1) });
    const gate = Promise.withResolvers<void>();
    const failing = assert.rejects(submit('x', 2 * day, gate.promise), /no room/);
    const again = await submit('a', 2 * day);
    assert.deepEqual([again.job, again.removed], [101, []]);
    gate.reject(new Error('no room'));
    await failing;
    assert.equal((await submit('a', 2 * day)).job, 101, 'the new one stays');
    assert.deepEqual((await submit('y', 2 * day)).removed, [], 'behind what lives nothing is looked for');
    assert.equal((await submit('x', 2 * day)).job, 103, 'what failed is not known');
  });

  test('that could not be removed is removed by the next one', async () => {
    const { submit } = await loaded({ a: known(1, 0) });
    await assert.rejects(submit('x', 2 * day, Promise.reject(new Error('no room'))), /no room/);
    assert.deepEqual((await submit('y', 2 * day)).removed, [keyOf('a')]);
  });
});
