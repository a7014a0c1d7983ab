import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GantryError, silentLog } from '../../base/index.ts';
import type { Entry, Store, Transaction, TransactionResult, Write } from '../../store/index.ts';
import { isFull, isOutage, transactSurely } from './transact-surely.ts';

const away = () => new GantryError('STORE_UNAVAILABLE', { store: 'test', detail: 'no answer' });
const full = () => new GantryError('STORE_FULL', { store: 'test', detail: 'no room' });
const write: Write = { type: 'put', key: '/a', value: 'mine' };
const compares = [
  { key: '/leader', modRevision: 90 },
  { key: '/a', modRevision: 4 },
];
const committed = (revision: number): TransactionResult => ({ committed: true, revision }) as TransactionResult;
const refused = { committed: false, revision: 60 } as unknown as TransactionResult;

/** What each attempt answers, in turn; what lies at the key when it is looked for. */
function run(attempts: (TransactionResult | Error)[], found: (Partial<Entry> | Error | undefined)[] = [], writes: Write[] = [write]) {
  const pauses: number[] = [];
  const asked: string[] = [];
  const sent: Transaction[] = [];
  const abort = new AbortController();
  const answer = <T>(one: T | Error): Promise<T> => (one instanceof Error ? Promise.reject(one) : Promise.resolve(one));
  const store = {
    get: (key: string) => (asked.push(key), answer(found.shift())),
    transact: (transaction: Transaction) => (sent.push(transaction), answer(attempts.shift() as TransactionResult | Error)),
  } as unknown as Store;
  const clock = { now: () => 0, sleep: async (ms: number) => void pauses.push(ms) };
  const result = transactSurely({ store, clock, log: silentLog, signal: abort.signal }, compares, writes);
  return { result, pauses, asked, sent, abort };
}

const ours = { key: '/a', value: 'mine', modRevision: 5 };

describe('a transaction that is repeated until its outcome is known', () => {
  test('resolves with the revision, or with nothing when a comparison did not hold', async () => {
    const good = run([committed(7)]);
    assert.equal(await good.result, 7);
    assert.deepEqual(good.sent, [{ compares, writes: [write] }]);
    const bad = run([refused], [ours]);
    assert.equal(await bad.result, undefined, 'that value was there before');
    assert.deepEqual(bad.asked, []);
  });

  test('waits twice as long each time, at most 5 s', async () => {
    const attempts = Array.from({ length: 9 }, away);
    const { result, pauses, sent } = run([...attempts, committed(8)]);
    assert.equal(await result, 8);
    assert.equal(sent.length, 10);
    assert.deepEqual(pauses, [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  });

  test('finds the attempt whose answer was lost, and does not repeat it', async () => {
    const { result, sent, asked } = run([away()], [ours]);
    assert.equal(await result, 5);
    assert.equal(sent.length, 1);
    assert.deepEqual(asked, ['/a']);
  });

  test('takes neither an old value nor that of another for its own', async () => {
    for (const found of [{ ...ours, modRevision: 4 }, { ...ours, value: 'theirs' }, undefined]) {
      const { result, sent } = run([away(), committed(9)], [found]);
      assert.equal(await result, 9);
      assert.equal(sent.length, 2);
    }
  });

  test('finds it also when it was carried out just before it was repeated', async () => {
    assert.equal(await run([away(), refused], [undefined, ours]).result, 5);
    assert.equal(await run([away(), refused], [undefined, { ...ours, value: 'theirs' }]).result, undefined);
  });

  test('looks for it once more when the store is away for that, too', async () => {
    const { result, sent } = run([away()], [away(), ours]);
    assert.equal(await result, 5);
    assert.equal(sent.length, 1);
  });

  test('cannot be recognised by a deletion', async () => {
    const { result, asked } = run([away(), committed(9)], [], [{ type: 'delete', key: '/a' }]);
    assert.equal(await result, 9);
    assert.deepEqual(asked, []);
  });

  test('is not repeated when the store is full, unless an earlier attempt may have been carried out', async () => {
    const sure = run([full()]);
    await assert.rejects(sure.result, { code: 'STORE_FULL' });
    assert.deepEqual(sure.pauses, []);
    assert.equal(await run([away(), full(), committed(9)], [undefined, undefined]).result, 9);
  });

  test('is not repeated for an error that stays', async () => {
    const large = new GantryError('STORE_VALUE_TOO_LARGE', { key: '/a', bytes: 2, limit: 1 });
    const { result, sent } = run([large]);
    await assert.rejects(result, { code: 'STORE_VALUE_TOO_LARGE' });
    assert.equal(sent.length, 1);
  });

  test('ends with the reason of the signal', async () => {
    const { result, abort } = run([away()]);
    abort.abort(new GantryError('QUEUE_STOPPED', { reason: 'test' }));
    await assert.rejects(result, { code: 'QUEUE_STOPPED' });
  });
});

test('an outage is a store that is away or full; nothing else is', () => {
  assert.deepEqual([away(), full(), new Error('x'), new GantryError('QUEUE_STOPPED', { reason: 'x' })].map(isOutage), [
    true,
    true,
    false,
    false,
  ]);
  assert.deepEqual([away(), full(), new Error('x')].map(isFull), [false, true, false]);
});
