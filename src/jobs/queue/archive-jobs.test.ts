import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JobRecord, newRecord, type Phase } from '../record/job-record.ts';
import { alice } from '../testing/queue-fixture.ts';
import { archiveJob, archiveOlder } from './archive-jobs.ts';
import { buildJob } from './build-job.ts';
import type { Scheduler } from './scheduler.ts';

const now = 1_700_000_100_000;

/** A scheduler at that time, with a writer that archives when it is told to. */
function rig() {
  const jobs = new Map<number, JobRecord>();
  const asked: { id: number; done: () => void; fail: (error: Error) => void }[] = [];
  const archive = ({ id }: JobRecord) => new Promise<void>((done, fail) => asked.push({ id, done, fail }));
  const host = { clock: { now: () => now }, writer: { archive } };
  const scheduler = { host, jobs, archiving: new Map() } as unknown as Scheduler;
  const add = (id: number, phase: Phase, end_ts: [number, number] | null) => {
    const job = { ...buildJob(id, [{ OP_ID: 'OP_TEST_DELAY', duration: 0 }], alice, 0, []), end_ts };
    const record = { ...newRecord(job, 1), phase };
    jobs.set(id, record);
    return record;
  };
  return { scheduler, jobs, asked, add };
}

test('jobs are archived that ended as long ago as is told, or longer; how many is told when all are', async () => {
  const { scheduler, asked, add, jobs } = rig();
  add(1, 'ended', [1_700_000_000, 0]);
  add(2, 'ended', [1_700_000_000, 1]);
  add(3, 'running', [1_600_000_000, 0]);
  add(4, 'ended', null);
  add(5, 'ended', [1_600_000_000, 0]);
  let count: number | undefined;
  const all = archiveOlder(scheduler, 100).then((archived) => {
    count = archived;
  });
  assert.deepEqual(
    asked.map(({ id }) => id),
    [1, 5],
  );
  asked[0]?.done();
  await new Promise(setImmediate);
  assert.equal(count, undefined);
  asked[1]?.done();
  await all;
  assert.equal(count, 2);
  assert.deepEqual([...jobs.keys()], [2, 3, 4]);
});

test('a job is archived once, however many want it; again when that failed', async () => {
  const { scheduler, asked, add, jobs } = rig();
  const record = add(1, 'ended', [1, 0]);
  const both = [archiveJob(scheduler, record), archiveJob(scheduler, record)];
  assert.equal(asked.length, 1);
  const outcomes = Promise.allSettled(both);
  asked[0]?.fail(new Error('no room'));
  assert.deepEqual(
    (await outcomes).map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.equal(jobs.has(1), true);
  const again = archiveJob(scheduler, record);
  assert.equal(asked.length, 2);
  asked[1]?.done();
  await again;
  assert.equal(jobs.has(1), false);
});

test('a job that has not ended is not archived', async () => {
  const { scheduler, asked, add } = rig();
  const refused = { code: 'JOB_NOT_FINISHED', facts: { job: 1, status: 'queued' } };
  await assert.rejects(archiveJob(scheduler, add(1, 'locks', null)), refused);
  assert.deepEqual(asked, []);
});
