import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GantryError } from '../../base/index.ts';
import { type Job, jobStatus } from '../../model/index.ts';
import type { StepProgress, WaitOptions } from '../job-queue.ts';
import { logged, running, succeeded } from '../record/job-changes.ts';
import { type JobRecord, newRecord, notify, show } from '../record/job-record.ts';
import type { Step } from '../saga/operation.ts';
import { alice } from '../testing/queue-fixture.ts';
import { operationMap, testSteps } from '../testing/test-operations.ts';
import { reboot, testQueues } from '../testing/test-queues.ts';
import { buildJob } from './build-job.ts';
import { waitForChange } from './wait-for-change.ts';

const { start } = testQueues();

describe('waiting for a job', () => {
  test('ends with a new state, a new line of the log, or the time', async () => {
    const gate = Promise.withResolvers<void>();
    const steps: Step<null>[] = [
      { id: 'a', title: 'a', do: async ({ log, progress }) => (progress(0.5, 'half'), log('hello'), gate.promise) },
    ];
    const { queue } = await start({ operations: operationMap(testSteps(steps)) });
    const id = await queue.submit([reboot], 'alice');
    const line = await queue.waitForChange(id, { status: 'running', logSerial: 0, timeoutMs: 10_000 });
    assert.equal(line?.job.ops[0]?.log[0]?.[3], 'hello');
    assert.deepEqual(line?.progress, { step: 'a', index: 1, count: 1, fraction: 0.5, text: 'half' });
    assert.equal(await queue.waitForChange(id, { status: 'running', logSerial: 1, timeoutMs: 20 }), undefined);
    const abort = new AbortController();
    const aborted = queue.waitForChange(id, { status: 'running', timeoutMs: 10_000, signal: abort.signal });
    abort.abort();
    await assert.rejects(aborted, { code: 'CANCELLED' });
    const ended = queue.waitForChange(id, { status: 'running', timeoutMs: 10_000 });
    gate.resolve();
    assert.equal(jobStatus((await ended)?.job as Job), 'success');
    assert.ok(await queue.waitForChange(id, { status: 'success', timeoutMs: 10_000 }), 'an ended job answers at once');
    await assert.rejects(queue.waitForChange(99, { timeoutMs: 1 }), { code: 'JOB_UNKNOWN' });
  });
});

describe('waiting', () => {
  /** A running job, and a wait for it whose time ends when the test says so. */
  function rig(options: Partial<WaitOptions> = {}, begin: (record: JobRecord) => void = () => undefined) {
    const record = newRecord(running(0, [1, 0])(buildJob(1, [{ OP_ID: 'OP_TEST_DELAY' }], alice, 0, [])), 1);
    begin(record);
    const queue = new AbortController();
    const sleeps: { ms: number; signal: AbortSignal | undefined; end: () => void }[] = [];
    let waitingFor = ['a'];
    const describeJob = ({ job, progress }: JobRecord) => ({ job, progress, waitingFor });
    const clock = {
      now: () => 0,
      sleep: (ms: number, signal?: AbortSignal) =>
        new Promise<void>((resolve, reject) => {
          sleeps.push({ ms, signal, end: resolve });
          signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
        }),
    };
    const parts = { clock, signal: queue.signal, describe: describeJob };
    const wait = waitForChange(parts, record, { timeoutMs: 700, ...options });
    let ended = false;
    const settled = wait.then(
      () => (ended = true),
      () => (ended = true),
    );
    const hasEnded = async () => {
      await new Promise(setImmediate);
      return ended;
    };
    const setWaitingFor = (...reasons: string[]) => {
      waitingFor = reasons;
    };
    return { record, queue, sleeps, wait, settled, hasEnded, setWaitingFor };
  }
  const told = (record: JobRecord, progress: StepProgress | null = null) => ({ job: record.job, progress, waitingFor: ['a'] });
  const progress: StepProgress = { step: 'a', index: 1, count: 1, fraction: 0.5, text: '' };
  const line = logged(0, 'hello', [2, 0]);
  const end = succeeded(0, null, [3, 0]);

  test('without a wish ends with any change that comes after the call, and tidies up', async () => {
    const { record, sleeps, wait, hasEnded } = rig();
    assert.equal(await hasEnded(), false);
    assert.deepEqual([record.watchers.size, sleeps[0]?.ms, sleeps[0]?.signal?.aborted], [1, 700, false]);
    notify(record);
    assert.equal(await hasEnded(), false, 'nothing has changed');
    show(record, line);
    assert.deepEqual(await wait, told(record));
    assert.deepEqual([record.watchers.size, sleeps[0]?.signal?.aborted], [0, true]);
  });

  for (const [what, options, not, yes] of [
    ['another status', { status: 'running' }, line, end],
    ['a higher line of the log', { logSerial: 1 }, line, (job: Job) => line(line(job))],
    ['one of both: the status', { status: 'running', logSerial: 1 }, line, end],
    ['one of both: the line', { status: 'running', logSerial: 0 }, (job: Job) => job, line],
  ] as const) {
    test(`for ${what} ends with that, and not before`, async () => {
      const { record, wait, hasEnded } = rig(options);
      show(record, not);
      assert.equal(await hasEnded(), false);
      show(record, yes);
      assert.deepEqual(await wait, told(record));
    });
  }

  test('does not begin when what is waited for has happened already, or nothing will', async () => {
    for (const [options, change] of [
      [{ status: 'waiting' }, (job: Job) => job],
      [{ logSerial: 0 }, line],
      [{}, end],
      [{ status: 'success', logSerial: 7 }, end],
    ] as const) {
      const { record, sleeps, wait } = rig(options, (each) => show(each, change));
      assert.deepEqual(await wait, told(record));
      assert.deepEqual([sleeps.length, record.watchers.size], [0, 0]);
    }
  });

  test('counts progress and the reason for waiting only when it is told to', async () => {
    const deaf = rig({ status: 'running' });
    deaf.record.progress = progress;
    deaf.setWaitingFor('b');
    notify(deaf.record);
    assert.equal(await deaf.hasEnded(), false);
    deaf.sleeps[0]?.end();
    assert.equal(await deaf.wait, undefined, 'the time is over');
    assert.equal(deaf.record.watchers.size, 0);

    const moved = rig({ status: 'running', progress: true });
    notify(moved.record);
    assert.equal(await moved.hasEnded(), false);
    moved.record.progress = progress;
    notify(moved.record);
    assert.deepEqual(await moved.wait, told(moved.record, progress));

    const blocked = rig({ status: 'running', progress: true });
    blocked.setWaitingFor('a', 'b');
    notify(blocked.record);
    assert.deepEqual((await blocked.wait)?.waitingFor, ['a', 'b']);
  });

  test('ends with its own signal, and with the queue', async () => {
    const abort = new AbortController();
    const own = rig({ signal: abort.signal });
    abort.abort(new Error('why not'));
    await assert.rejects(own.wait, { code: 'CANCELLED', facts: { subject: 'Waiting for job 1' } });
    assert.equal(own.record.watchers.size, 0);
    const stopped = rig({ signal: new AbortController().signal });
    const reason = new GantryError('QUEUE_STOPPED', { reason: 'test' });
    stopped.queue.abort(reason);
    await assert.rejects(stopped.wait, (error) => error === reason);
    assert.equal(stopped.record.watchers.size, 0);
  });
});
