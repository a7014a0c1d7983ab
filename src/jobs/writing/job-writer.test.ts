import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError, silentLog, systemClock } from '../../base/index.ts';
import { type Job, keys } from '../../model/index.ts';
import type { Store, Transaction, TransactionResult } from '../../store/index.ts';
import { buildJob } from '../queue/build-job.ts';
import { queueStopped } from '../queue/scheduler.ts';
import { reprioritised } from '../record/job-changes.ts';
import { newRecord } from '../record/job-record.ts';
import { alice } from '../testing/queue-fixture.ts';
import { createJobWriter } from './job-writer.ts';

const job = (id: number): Job => buildJob(id, [{ OP_ID: 'OP_TEST_DELAY', duration: 0 }], alice, 1000, []);
const fence = { key: keys.leader, modRevision: 3 };

/** A writer on a store that answers when it is told to. */
function rig() {
  const asked: { transaction: Transaction; answer: (result: TransactionResult) => void; fail: (error: unknown) => void }[] = [];
  const store: Pick<Store, 'transact' | 'get'> = {
    transact: (transaction) => new Promise((answer, fail) => asked.push({ transaction, answer, fail })),
    get: async () => undefined,
  };
  const stop = new AbortController();
  const onFenced = () => stop.abort(queueStopped('it does not lead any more'));
  const parts = { store: store as Store, clock: systemClock, log: silentLog, signal: stop.signal, fence, serialRevision: 40, onFenced };
  return { asked, stop, writer: createJobWriter(parts) };
}

/** Everything that the present turns of the event loop bring has happened. */
const turns = async () => {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
};
const puts = ({ writes }: Transaction) => writes.map(({ key }) => key);

test('while a commit is under way no other begins; what comes meanwhile goes into the next one together', async () => {
  const { asked, writer } = rig();
  const added = [writer.add(job(41), 'a', [])];
  await turns();
  for (const id of [42, 43]) added.push(writer.add(job(id), 'b', []));
  await turns();
  assert.equal(asked.length, 1);
  asked[0]?.answer({ committed: true, revision: 50 });
  await turns();
  assert.equal(asked.length, 2);
  assert.deepEqual(puts(asked[1]?.transaction as Transaction), [keys.job(42), keys.job(43), keys.jobSerial]);
  asked[1]?.answer({ committed: true, revision: 51 });
  assert.deepEqual(await Promise.all(added), [50, 51, 51]);
  assert.equal(asked.length, 2);
});

test('each transaction holds only in our term, on the jobs and the serial as they were left', async () => {
  const { asked, writer } = rig();
  const first = writer.add(job(41), 'a', []);
  await turns();
  assert.deepEqual(asked[0]?.transaction.compares, [
    fence,
    { key: keys.job(41), modRevision: 0 },
    { key: keys.jobSerial, modRevision: 40 },
  ]);
  asked[0]?.answer({ committed: true, revision: 50 });
  await first;
  const record = newRecord(job(41), 50);
  const changes = [writer.change(record, reprioritised(-3)), writer.add(job(42), 'b', [])];
  await turns();
  assert.deepEqual(asked[1]?.transaction.compares, [
    fence,
    { key: keys.job(41), modRevision: 50 },
    { key: keys.job(42), modRevision: 0 },
    { key: keys.jobSerial, modRevision: 50 },
  ]);
  assert.equal(record.job.priority, 0, 'it is shown when it is durable');
  asked[1]?.answer({ committed: true, revision: 51 });
  await Promise.all(changes);
  assert.deepEqual([record.job.priority, record.revision], [-3, 51]);
});

test('two changes of a job while a third is written are one write, in their order', async () => {
  const { asked, writer } = rig();
  const record = newRecord(job(1), 7);
  const ends = [writer.change(record, reprioritised(1))];
  await turns();
  ends.push(writer.change(record, reprioritised(2)), writer.change(record, reprioritised(3)));
  await turns();
  asked[0]?.answer({ committed: true, revision: 8 });
  await turns();
  assert.deepEqual(asked[1]?.transaction.compares[1], { key: keys.job(1), modRevision: 8 });
  asked[1]?.answer({ committed: true, revision: 9 });
  await Promise.all(ends);
  assert.deepEqual([record.job.priority, record.revision, asked.length], [3, 9, 2]);
});

test('a transaction that does not hold ends the writer: nothing more is written, everybody is told', async () => {
  const { asked, stop, writer } = rig();
  const record = newRecord(job(1), 7);
  const ends = [writer.change(record, reprioritised(1))];
  await turns();
  ends.push(
    writer.change(record, reprioritised(2)),
    writer.add(job(2), 'x', []).then(() => undefined),
  );
  const outcomes = Promise.allSettled(ends);
  asked[0]?.answer({ committed: false });
  for (const outcome of await outcomes) assert.equal((outcome as PromiseRejectedResult).reason, stop.signal.reason);
  await writer.idle();
  assert.deepEqual([asked.length, record.job.priority, record.revision], [1, 0, 7]);
});

test('a job that is written elsewhere is left alone until that has ended, others are not', async () => {
  const { asked, writer } = rig();
  const record = newRecord(job(1), 7);
  const elsewhere = Promise.withResolvers<void>();
  const exclusive = writer.exclusive(record, () => elsewhere.promise);
  const change = writer.change(record, reprioritised(1));
  const other = writer.add(job(2), 'x', []);
  await turns();
  assert.deepEqual(
    asked.map(({ transaction }) => puts(transaction)),
    [[keys.job(2), keys.jobSerial]],
  );
  asked[0]?.answer({ committed: true, revision: 50 });
  await other;
  record.revision = 60;
  elsewhere.resolve();
  await exclusive;
  await turns();
  assert.deepEqual(asked[1]?.transaction.compares[1], { key: keys.job(1), modRevision: 60 });
  asked[1]?.answer({ committed: true, revision: 61 });
  await change;
});

test('an error that a repetition does not cure fails its batch and frees its jobs', async () => {
  const { asked, writer } = rig();
  const record = newRecord(job(1), 7);
  const change = writer.change(record, reprioritised(1));
  const refused = assert.rejects(change, { code: 'STORE_VALUE_TOO_LARGE' });
  await turns();
  asked[0]?.fail(new GantryError('STORE_VALUE_TOO_LARGE', { key: 'k', bytes: 2, limit: 1 }));
  await refused;
  const again = writer.change(record, reprioritised(2));
  await turns();
  asked[1]?.answer({ committed: true, revision: 8 });
  await again;
  assert.equal(record.job.priority, 2);
});
