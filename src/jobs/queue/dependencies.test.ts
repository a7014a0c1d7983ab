import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Job, JobStatus } from '../../model/index.ts';
import { type JobRecord, newRecord } from '../record/job-record.ts';
import { checkDependencies, dependenciesOf } from './dependencies.ts';

const job = (id: number, status: JobStatus): Job => ({ id, ops: [{ status, log: [] }] }) as unknown as Job;
const record = (id: number, status: JobStatus): JobRecord => newRecord(job(id, status), 1);
const op = (...depends: (readonly [number, readonly JobStatus[]])[]) => ({ input: { OP_ID: 'OP_TEST_DELAY', depends } });

function check(depends: ReturnType<typeof op>, active: JobRecord[], archived: Job[] = []) {
  return checkDependencies(
    depends,
    (id) => active.find((one) => one.id === id),
    async (id) => archived.find((one) => one.id === id),
  );
}

describe('dependencies of an opcode', () => {
  test('are those named, none by default', () => {
    assert.deepEqual(dependenciesOf({ input: { OP_ID: 'OP_TEST_DELAY' } }), []);
    assert.deepEqual(dependenciesOf(op([3, ['success']])), [[3, ['success']]]);
  });

  test('are waited for in the order in which they are named', async () => {
    const [done, first, second] = [record(1, 'success'), record(2, 'running'), record(3, 'queued')];
    assert.deepEqual(await check(op([1, []], [2, []], [3, []]), [done, first, second]), { type: 'wait', on: first });
    assert.deepEqual(await check(op([3, []], [2, []]), [done, first, second]), { type: 'wait', on: second });
  });

  test('are met by the ends that are wanted, by any end when none is named, also in the archive', async () => {
    for (const status of ['success', 'error', 'canceled'] as const) {
      assert.deepEqual(await check(op([1, []]), [record(1, status)]), { type: 'met' });
      assert.deepEqual(await check(op([1, [status]]), [], [job(1, status)]), { type: 'met' });
    }
    assert.deepEqual(await check(op(), []), { type: 'met' });
  });

  test('that end otherwise make it fail, with what was wanted', async () => {
    const state = await check(op([1, ['success', 'canceled']]), [record(1, 'error')]);
    assert.equal(state.type, 'fail');
    assert.ok(state.type === 'fail');
    assert.equal(state.error.code, 'JOB_DEPENDENCY_FAILED');
    assert.deepEqual(state.error.facts, { job: 1, status: 'error', wanted: 'success or canceled' });
  });

  test('that are cancelled cancel it', async () => {
    const state = await check(op([1, ['success']]), [], [job(1, 'canceled')]);
    assert.deepEqual(state, { type: 'cancel', reason: 'Job 1, on which this one depends, was cancelled' });
  });

  test('that nobody knows make it fail', async () => {
    const state = await check(op([9, []]), [record(1, 'success')]);
    assert.ok(state.type === 'fail');
    assert.equal(state.error.code, 'JOB_DEPENDENCY_UNKNOWN');
    assert.deepEqual(state.error.facts, { job: 9 });
  });
});
