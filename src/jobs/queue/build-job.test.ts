import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { alice } from '../testing/queue-fixture.ts';
import { buildJob, readOps } from './build-job.ts';

const delay = { OP_ID: 'OP_TEST_DELAY', duration: 0 };

describe('opcodes that are submitted', () => {
  test('are at least one and at most 500', () => {
    assert.throws(() => readOps([]), { code: 'INPUT_INVALID', message: /has no opcode/ });
    assert.equal(readOps(Array.from({ length: 500 }, () => delay)).length, 500);
    assert.throws(() => readOps(Array.from({ length: 501 }, () => delay)), {
      code: 'INPUT_INVALID',
      message: /has 501 opcodes; the limit is 500/,
    });
  });

  test('may be a dry run', () => {
    const reboot = { OP_ID: 'OP_INSTANCE_REBOOT', instance_name: 'web1' };
    const create = { OP_ID: 'OP_INSTANCE_CREATE', instance_name: 'web1' };
    assert.equal(readOps([{ ...create, dry_run: true }])[0]?.params['dry_run'], true);
    assert.equal(readOps([{ ...delay, dry_run: false }]).length, 1);
    assert.equal(readOps([{ ...reboot, dry_run: true }])[0]?.params['dry_run'], true);
  });
});

describe('a job as it is stored first', () => {
  test('has the best priority of its opcodes, and waits with no times but that of its arrival', () => {
    const job = buildJob(7, [{ ...delay, priority: 5 }, delay, { ...delay, priority: -3 }], alice, 1_700_000_000_123.456, []);
    assert.equal(job.priority, -3);
    assert.equal(buildJob(7, [{ ...delay, priority: 5 }], alice, 0, []).priority, 5);
    assert.equal(buildJob(7, [{ ...delay, priority: 5 }, delay], alice, 0, []).priority, 0);
    assert.deepEqual([job.id, job.user, job.received_ts, job.start_ts, job.end_ts], [7, 'alice', [1_700_000_000, 123_456], null, null]);
    assert.deepEqual(
      job.ops.map(({ status, result, log, start_ts }) => [status, result, log, start_ts]),
      Array.from({ length: 3 }, () => ['queued', null, [], null]),
    );
  });

  test('adds to each trail of reasons who submitted it, and which opcode of which job it is, in nanoseconds', () => {
    const job = buildJob(7, [delay, { ...delay, reason: [['gnt:client', 'why', 1]] }], alice, 1000, []);
    assert.deepEqual(
      job.ops.map(({ input }) => input['reason']),
      [
        [
          ['gantry:user:alice', 'test_delay', 1_000_000_000],
          ['gnt:opcode:test_delay', 'job=7;index=0', 1_000_000_000],
        ],
        [
          ['gnt:client', 'why', 1],
          ['gantry:user:alice', 'test_delay', 1_000_000_000],
          ['gnt:opcode:test_delay', 'job=7;index=1', 1_000_000_000],
        ],
      ],
    );
  });

  test('has absolute numbers for jobs of the same submission; a number that is none is refused', () => {
    const depends = (...jobs: number[]) => [{ ...delay, depends: jobs.map((job) => [job, ['success']]) }];
    const built = buildJob(7, depends(-1, -2, 3), alice, 0, [5, 6]);
    assert.deepEqual(buildJob(7, depends(0), alice, 0, [5, 6]).ops[0]?.input['depends'], [[0, ['success']]]);
    assert.deepEqual(built.ops[0]?.input['depends'], [
      [6, ['success']],
      [5, ['success']],
      [3, ['success']],
    ]);
    assert.equal('depends' in (buildJob(7, [delay], alice, 0, []).ops[0]?.input ?? {}), false);
    assert.throws(() => buildJob(7, depends(-3), alice, 0, [5, 6]), { code: 'JOB_DEPENDENCY_UNKNOWN', facts: { job: -3 } });
  });
});
