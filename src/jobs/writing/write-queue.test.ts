import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keys } from '../../model/index.ts';
import { buildJob } from '../queue/build-job.ts';
import { newRecord } from '../record/job-record.ts';
import { alice } from '../testing/queue-fixture.ts';
import { type Prepared, takeBatch, type WriteItem, type WriteQueue } from './write-queue.ts';

const record = (id: number) => newRecord(buildJob(id, [{ OP_ID: 'OP_TEST_DELAY', duration: 0 }], alice, 1000, []), 1);
const write = (id: number, value = ''): Prepared => ({
  compares: [{ key: keys.job(id), modRevision: id }],
  writes: [{ type: 'put', key: keys.job(id), value }],
});

/** An item of a queue, with what became of it. */
function itemOf(prepare: () => Prepared, of?: ReturnType<typeof record>) {
  const failed: unknown[] = [];
  const item: WriteItem = { record: of, refusable: false, prepare, done: () => undefined, fail: (error) => failed.push(error) };
  return { item, failed };
}
const queueOf = (...items: WriteItem[]): WriteQueue => ({ items, busy: new Set() });
const idsOf = (batch: ReturnType<typeof takeBatch>) => batch.compares.map(({ modRevision }) => modRevision);

test('an item that cannot be prepared fails alone: those before and behind it are written, and its job is free', () => {
  const [one, two, three] = [record(1), record(2), record(3)];
  const broken = itemOf(() => {
    throw new Error('too large');
  }, two);
  const queue = queueOf(itemOf(() => write(1), one).item, broken.item, itemOf(() => write(3), three).item);
  const batch = takeBatch(queue);
  assert.deepEqual(idsOf(batch), [1, 3]);
  assert.match(String(broken.failed), /too large/);
  assert.deepEqual([queue.items.length, queue.busy.has(one), queue.busy.has(two), queue.busy.has(three)], [0, true, false, true]);
});

test('of one job only one write is under way; the next ones wait in their order, and others pass them', () => {
  const one = record(1);
  const second = itemOf(() => write(12), one).item;
  const third = itemOf(() => write(13), one).item;
  const queue = queueOf(itemOf(() => write(11), one).item, second, third, itemOf(() => write(2), record(2)).item);
  assert.deepEqual(idsOf(takeBatch(queue)), [11, 2]);
  assert.deepEqual(queue.items, [second, third]);
  assert.deepEqual(idsOf(takeBatch(queue)), []);
  assert.deepEqual(queue.items, [second, third], 'they are not lost while the job is busy');
  queue.busy.delete(one);
  assert.deepEqual(idsOf(takeBatch(queue)), [12]);
  assert.deepEqual(queue.items, [third]);
});

test('a batch takes 50 items at most, and what does not fit stays in order, unprepared', () => {
  let prepared = 0;
  const items = Array.from({ length: 120 }, (_, index) => {
    const prepare = () => {
      prepared++;
      return write(index + 1);
    };
    return itemOf(prepare).item;
  });
  const queue = queueOf(...items);
  assert.equal(takeBatch(queue).items.length, 50);
  assert.equal(prepared, 50);
  assert.deepEqual(queue.items, items.slice(50));
  assert.deepEqual(
    idsOf(takeBatch(queue)),
    Array.from({ length: 50 }, (_, index) => index + 51),
  );
});

test('a batch takes no more writes and bytes than a transaction may have; one large item goes alone', () => {
  const put = (item: number) => (_: unknown, index: number) => ({ type: 'put', key: `/${item}/${index}`, value: '' }) as const;
  const many = (item: number) => ({ compares: [], writes: Array.from({ length: 60 }, put(item)) });
  const wide = queueOf(...[1, 2, 3].map((item) => itemOf(() => many(item)).item));
  assert.equal(takeBatch(wide).writes.length, 120);
  assert.equal(wide.items.length, 1);
  const large = (id: number) => itemOf(() => write(id, 'x'.repeat(600_000)), record(id)).item;
  const queue = queueOf(itemOf(() => write(1)).item, large(2), large(3));
  assert.deepEqual(idsOf(takeBatch(queue)), [1, 2]);
  assert.deepEqual(idsOf(takeBatch(queue)), [3]);
  const second = queueOf(itemOf(() => write(1, 'x'.repeat(400_000))).item, large(2), itemOf(() => write(3)).item);
  const beforeLarge = takeBatch(second);
  assert.deepEqual([idsOf(beforeLarge), second.items.length], [[1], 2]);
  assert.equal(second.busy.size, 0, 'what is left for the next batch is not busy');
});

test('an item that writes by itself makes its job busy and is no part of the batch; the newest number is told', () => {
  const one = record(1);
  const queue = queueOf(
    itemOf(() => ({ compares: [], writes: [] }), one).item,
    itemOf(() => ({ ...write(7), newest: 7 })).item,
    itemOf(() => ({ ...write(8), newest: 8 })).item,
    itemOf(() => write(2)).item,
  );
  const batch = takeBatch(queue);
  assert.deepEqual([batch.items.length, batch.newest, queue.busy.has(one)], [3, 8, true]);
});
