import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { GantryError, silentLog } from '../../base/index.ts';
import { type Job, keys } from '../../model/index.ts';
import { type Store, storeLimits, type Transaction, type TransactionResult } from '../../store/index.ts';
import { buildJob } from '../queue/build-job.ts';
import { cancelled, failed, type JobChange, reprioritised, withExecution } from '../record/job-changes.ts';
import { type JobRecord, newRecord } from '../record/job-record.ts';
import { alice } from '../testing/queue-fixture.ts';
import { createJobWriter, encodeJob, type JobWriter } from './job-writer.ts';

const fence = { key: keys.leader, modRevision: 5 };
const newJob = (id: number): Job => buildJob(id, [{ OP_ID: 'OP_TEST_DELAY', duration: 0 }], alice, 0, []);
const known = (id: number, revision = 10): JobRecord => newRecord(newJob(id), revision);
const priority = (value: number): JobChange => reprioritised(value);

/** A transaction that the writer has sent and that waits for the test's answer. */
interface Sent extends Transaction {
  commit(revision: number): void;
  answer(result: TransactionResult | Error): void;
}

let sent: Sent[];
let abort: AbortController;
let pauses: { ms: number; end: () => void }[];
let writer: JobWriter;

beforeEach(() => {
  sent = [];
  pauses = [];
  abort = new AbortController();
  const store = {
    transact: (transaction: Transaction) =>
      new Promise<TransactionResult>((resolve, reject) => {
        const answer = (result: TransactionResult | Error) => (result instanceof Error ? reject(result) : resolve(result));
        sent.push({ ...transaction, answer, commit: (revision) => resolve({ committed: true, revision } as TransactionResult) });
      }),
  } as unknown as Store;
  const clock = {
    now: () => 0,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        pauses.push({ ms, end: resolve });
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
  };
  const onFenced = () => assert.fail('this master leads');
  writer = createJobWriter({ store, clock, log: silentLog, signal: abort.signal, fence, serialRevision: 3, onFenced });
});

const turn = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
const take = async (): Promise<Sent> => {
  await until('the writer sends something', () => sent.length > 0);
  return sent.shift() as Sent;
};
const keysOf = ({ writes }: Transaction) => writes.map(({ key }) => key);
const full = () => new GantryError('STORE_FULL', { store: 'test', detail: 'no room' });

describe('the writer of jobs', () => {
  test('moves a job to the archive, after which it does not change', async () => {
    const record = known(1);
    const archived = writer.archive(record);
    const move = await take();
    assert.deepEqual(move.compares, [fence, { key: keys.job(1), modRevision: 10 }]);
    assert.deepEqual(move.writes, [
      { type: 'put', key: keys.archivedJob(1), value: JSON.stringify(record.job) },
      { type: 'delete', key: keys.job(1) },
    ]);
    move.commit(20);
    await archived;
    await assert.rejects(writer.change(record, priority(1)), /job 1 is archived/);
    await turn();
    assert.deepEqual(sent, []);
  });

  test('keeps other writes of a job away from one that writes by itself; other jobs go on', async () => {
    const record = known(1);
    const before = writer.change(record, priority(1));
    const gate = Promise.withResolvers<string>();
    const order: string[] = [];
    const alone = writer.exclusive(record, () => (order.push(`alone ${record.job.priority}`), gate.promise));
    const after = writer.change(record, priority(2)).then(() => order.push('after'));
    const first = await take();
    first.commit(20);
    await before;
    const other = writer.change(known(2), priority(3));
    const second = await take();
    assert.deepEqual(keysOf(second), [keys.job(2)]);
    second.commit(21);
    await other;
    await turn();
    assert.deepEqual([sent.length, order], [0, ['alone 1']]);
    gate.resolve('result');
    assert.equal(await alone, 'result');
    (await take()).commit(22);
    await after;
    assert.equal(record.job.priority, 2);
    await assert.rejects(
      writer.exclusive(record, () => Promise.reject(new Error('no'))),
      /no/,
    );
    const free = writer.change(record, priority(4));
    (await take()).commit(23);
    await free;
  });

  test('is idle when nothing is under way any more', async () => {
    await writer.idle();
    const change = writer.change(known(1), priority(1));
    let idle = false;
    const waiting = writer.idle().then(() => {
      idle = true;
    });
    const first = await take();
    await turn();
    assert.equal(idle, false);
    first.commit(20);
    await Promise.all([change, waiting]);
    const gate = Promise.withResolvers<void>();
    const alone = writer.exclusive(known(2), () => gate.promise);
    await turn();
    const last = writer.idle().then(() => {
      idle = true;
    });
    idle = false;
    await turn();
    assert.equal(idle, false, 'a job writes by itself');
    gate.resolve();
    await Promise.all([alone, last]);
  });

  test('of a full store waits for room with what a running job tells, longer each time, and refuses the rest at once', async () => {
    const record = known(1);
    const told = writer.change(record, priority(1));
    const added = writer.add(newJob(7), 'seven', []);
    const refused = assert.rejects(added, { code: 'STORE_FULL' });
    (await take()).answer(full());
    await refused;
    for (const ms of [50, 100, 200]) {
      await until('it pauses', () => pauses.length > 0);
      const pause = pauses.shift();
      assert.equal(pause?.ms, ms);
      assert.equal(sent.length, 0);
      pause?.end();
      const again = await take();
      assert.deepEqual(keysOf(again), [keys.job(1)]);
      if (ms < 200) again.answer(full());
      else again.commit(20);
    }
    await told;
    assert.equal(record.job.priority, 1);
    // The next outage begins with the short pause.
    const next = writer.change(record, priority(2));
    (await take()).answer(full());
    await until('it pauses', () => pauses.length > 0);
    assert.equal(pauses[0]?.ms, 50);
    pauses.shift()?.end();
    (await take()).commit(21);
    await next;
  });

  test('of a full store does not let somebody wait who wants an answer, and keeps both kinds of changes of a job apart', async () => {
    const record = known(1);
    const told = writer.change(record, priority(1));
    (await take()).answer(full());
    await until('it pauses', () => pauses.length > 0);
    const refused = assert.rejects(writer.change(known(2), priority(3), 'refusable'), { code: 'STORE_FULL' });
    (await take()).answer(full());
    await refused;
    await until('it pauses again', () => pauses.length > 1);
    pauses.at(-1)?.end();
    (await take()).commit(20);
    await told;
    const both = [writer.change(record, priority(4)), writer.change(record, priority(5), 'refusable')];
    (await take()).commit(21);
    await both[0];
    assert.equal(record.job.priority, 4);
    (await take()).commit(22);
    await both[1];
    assert.equal(record.job.priority, 5);
  });

  test('that stops while it waits for room gives up', async () => {
    const told = assert.rejects(writer.change(known(1), priority(1)), { code: 'QUEUE_STOPPED' });
    (await take()).answer(full());
    await until('it pauses', () => pauses.length > 0);
    abort.abort(new GantryError('QUEUE_STOPPED', { reason: 'test' }));
    await told;
  });

  test('that stops gives up what waits for a job that is written elsewhere', async () => {
    const record = known(1);
    const alone = writer.exclusive(record, () => new Promise<never>(() => undefined));
    const change = assert.rejects(writer.change(record, priority(1)), { code: 'QUEUE_STOPPED' });
    await turn();
    abort.abort(new GantryError('QUEUE_STOPPED', { reason: 'test' }));
    await change;
    assert.deepEqual(sent, []);
    assert.ok(alone);
  });
});

describe('a job as its value in the store', () => {
  const room = Math.floor(storeLimits.valueBytes * 0.75);
  /** A job whose value has so many bytes. */
  const sized = (bytes: number, change: JobChange = (job) => job, letter = 'x'): Job => {
    const bare = change({ ...newJob(1), user: '' });
    const rest = bytes - Buffer.byteLength(JSON.stringify(bare));
    return { ...bare, user: letter.repeat(rest / Buffer.byteLength(letter)) };
  };
  const undoing = withExecution(0, { plan: null, outcomes: [], undoing: { step: 'a', error: null, undone: [] } });

  test('may take three quarters of the room while it goes forward, all of it when it goes back or has ended', () => {
    assert.equal(encodeJob(sized(room)).length, room);
    assert.throws(() => encodeJob(sized(room + 1)), { code: 'JOB_TOO_LARGE', facts: { job: 1, bytes: room + 1, limit: room } });
    for (const change of [undoing, cancelled('no', [1, 0])]) {
      assert.equal(encodeJob(sized(storeLimits.valueBytes, change)).length, storeLimits.valueBytes);
      assert.throws(() => encodeJob(sized(storeLimits.valueBytes + 1, change)), { code: 'JOB_TOO_LARGE' });
    }
  });

  test('leaves room for the end of every opcode', () => {
    const preceding = new GantryError('JOB_PRECEDING_FAILED').toReport();
    const error = new GantryError('INTERNAL', { detail: 'x'.repeat(1000) }).toReport();
    const ops = (count: number, size: number) => {
      const job = newJob(1);
      const [op] = job.ops;
      assert.ok(op);
      return { ...job, ops: Array.from({ length: count }, () => ({ ...op, input: { OP_ID: 'OP_TEST_DELAY', text: 'x'.repeat(size) } })) };
    };
    for (const [count, size] of [
      [2500, 0],
      [1300, 300],
      [600, 2000],
    ] as const)
      assert.throws(() => encodeJob(ops(count, size)), { code: 'JOB_TOO_LARGE' }, `${count}`);
    for (const [count, size] of [
      [1500, 0],
      [1000, 400],
      [600, 1000],
    ] as const) {
      encodeJob(ops(count, size));
      encodeJob(failed(0, error, preceding, [1_900_000_000, 999_999])(ops(count, size)));
    }
  });

  test('is measured in bytes', () => {
    const even = room - ((room - Buffer.byteLength(JSON.stringify({ ...newJob(1), user: '' }))) % 3);
    assert.equal(Buffer.byteLength(encodeJob(sized(even, undefined, '€'))), even);
    assert.throws(() => encodeJob(sized(even + 3, undefined, '€')), { code: 'JOB_TOO_LARGE' });
  });
});
