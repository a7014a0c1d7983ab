import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GantryError } from '../../base/index.ts';
import type { Job } from '../../model/index.ts';
import { buildJob } from '../queue/build-job.ts';
import { alice } from '../testing/queue-fixture.ts';
import * as change from './job-changes.ts';

const delay = { OP_ID: 'OP_TEST_DELAY', duration: 0 };
const fresh = (count = 1): Job =>
  buildJob(
    1,
    Array.from({ length: count }, () => delay),
    alice,
    1000,
    [],
  );
const report = (code: 'JOB_PRECEDING_FAILED' | 'QUEUE_DRAINED') => new GantryError(code).toReport();
const execution: change.Execution = { plan: null, outcomes: [] };
const statuses = (job: Job) => job.ops.map(({ status }) => status);

describe('a change of a job', () => {
  test('keeps the first time at which it waited, and at which it ran', () => {
    const job = change.compose(
      change.waiting(0, [2, 0]),
      change.waiting(0, [3, 0]),
      change.running(0, [4, 0]),
      change.running(0, [5, 0]),
    )(fresh());
    assert.deepEqual(
      [job.start_ts, job.ops[0]?.start_ts, job.ops[0]?.exec_ts],
      [
        [2, 0],
        [2, 0],
        [4, 0],
      ],
    );
    assert.equal(job.ops[0]?.status, 'running');
    assert.deepEqual(job.received_ts, [1, 0]);
  });

  test('of one opcode leaves the others alone', () => {
    const job = change.running(1, [4, 0])(fresh(3));
    assert.deepEqual(statuses(job), ['queued', 'running', 'queued']);
  });

  test('success ends the job with the last opcode only, and drops the execution', () => {
    const first = change.compose(change.withExecution(0, execution), change.succeeded(0, 'r', [6, 0]))(fresh(2));
    assert.deepEqual([first.ops[0]?.status, first.ops[0]?.result, first.ops[0]?.end_ts, first.end_ts], ['success', 'r', [6, 0], null]);
    assert.equal('execution' in (first.ops[0] ?? {}), false);
    assert.deepEqual(change.succeeded(1, null, [7, 0])(first).end_ts, [7, 0]);
  });

  test('failure ends what comes behind, not what came before', () => {
    const begun = change.compose(change.succeeded(0, 'r', [2, 0]), change.running(1, [3, 0]))(fresh(3));
    const job = change.failed(1, report('QUEUE_DRAINED'), report('JOB_PRECEDING_FAILED'), [6, 0])(begun);
    assert.deepEqual(statuses(job), ['success', 'error', 'error']);
    assert.deepEqual(
      job.ops.map(({ end_ts }) => end_ts),
      [
        [2, 0],
        [6, 0],
        [6, 0],
      ],
    );
    assert.deepEqual(
      job.ops.map(({ result }) => (result as { error?: { code: string } }).error?.code),
      [undefined, 'QUEUE_DRAINED', 'JOB_PRECEDING_FAILED'],
    );
    assert.deepEqual(
      [job.start_ts, job.ops[1]?.start_ts, job.end_ts],
      [
        [3, 0],
        [3, 0],
        [6, 0],
      ],
    );
    const never = change.failed(0, report('QUEUE_DRAINED'), report('JOB_PRECEDING_FAILED'), [6, 0])(fresh());
    assert.deepEqual(
      [never.start_ts, never.ops[0]?.start_ts],
      [
        [6, 0],
        [6, 0],
      ],
      'it began when it ended',
    );
  });

  test('cancelling leaves alone what has ended', () => {
    const half = change.succeeded(0, 'r', [2, 0])(fresh(2));
    assert.deepEqual(statuses(change.canceling(half)), ['success', 'canceling']);
    const job = change.cancelled('because', [5, 0])(half);
    assert.deepEqual(statuses(job), ['success', 'canceled']);
    assert.deepEqual([job.ops[0]?.result, job.ops[1]?.result, job.ops[1]?.end_ts, job.end_ts], ['r', 'because', [5, 0], [5, 0]]);
  });

  test('the next master takes up what had begun as it is, and queues again what only waited', () => {
    const job = change.compose(
      change.succeeded(0, null, [2, 0]),
      change.running(1, [3, 0]),
      change.withExecution(1, execution),
      change.running(2, [3, 0]),
    )(fresh(3));
    const stored = change.asStored(job);
    assert.deepEqual(statuses(stored), ['success', 'running', 'queued']);
    assert.deepEqual([stored.ops[1]?.exec_ts, stored.ops[2]?.exec_ts, stored.ops[2]?.start_ts], [[3, 0], null, null]);
  });

  test('of its priority changes nothing else', () => {
    assert.deepEqual(change.reprioritised(-7)(fresh()), { ...fresh(), priority: -7 });
  });
});

describe('the log of a job', () => {
  const texts = (job: Job) => job.ops.flatMap(({ log }) => log.map(([, , , text]) => text));
  const logMany = (job: Job, lines: readonly string[]) => lines.reduce((result, text) => change.logged(0, text, [9, 0])(result), job);
  const note = 'Further messages of this job are not kept.';

  test('numbers its lines over all opcodes', () => {
    const job = change.compose(change.logged(0, 'a', [1, 0]), change.logged(1, 'b', [2, 0]), change.logged(0, 'c', [3, 0]))(fresh(2));
    assert.deepEqual(job.ops[0]?.log, [
      [1, [1, 0], 'message', 'a'],
      [3, [3, 0], 'message', 'c'],
    ]);
    assert.deepEqual(job.ops[1]?.log, [[2, [2, 0], 'message', 'b']]);
    assert.equal(change.lastSerial(job), 3);
    assert.equal(change.lastSerial(fresh()), 0);
  });

  test('keeps 1000 lines, then a note once', () => {
    const job = logMany(
      fresh(),
      Array.from({ length: 1003 }, (_, i) => `line ${i}`),
    );
    assert.deepEqual(texts(job).slice(998), ['line 998', 'line 999', note]);
  });

  test('keeps 4000 characters of a line, on one line', () => {
    const [long, two] = texts(logMany(fresh(), ['x'.repeat(4001), 'a\nb']));
    assert.equal(String(long).length, 4000);
    assert.doesNotMatch(String(two), /\n/);
  });

  test('keeps 150,000 characters in all', () => {
    const job = logMany(
      fresh(),
      Array.from({ length: 40 }, () => 'x'.repeat(4000)),
    );
    assert.equal(texts(job).length, 39);
    assert.equal(texts(job).at(-1), note);
    const exact = logMany(fresh(), [...Array.from({ length: 37 }, () => 'x'.repeat(4000)), 'x'.repeat(2000), 'too much', 'more']);
    assert.deepEqual(texts(exact).slice(38), [note]);
  });
});
