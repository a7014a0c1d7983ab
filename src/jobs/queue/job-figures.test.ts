import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSamples } from '../../base/index.ts';
import { JobMetrics } from '../metrics/job-metrics.ts';
import { alice } from '../testing/queue-fixture.ts';
import { operationMap } from '../testing/test-operations.ts';
import { end, gated, reaches, reboot, testQueues } from '../testing/test-queues.ts';

const { start } = testQueues();

const sampler = (metrics: JobMetrics) => (series: string) => {
  const samples = formatSamples({ name: 'jobs', metrics: metrics.families, measure: (_, emit) => metrics.measure(emit) }, null);
  const line = samples.flatMap(({ text }) => text.split('\n')).find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
};

test('what a queue does is counted: jobs that run and wait, locks, waits for locks, steps', async () => {
  const metrics = new JobMetrics();
  const value = sampler(metrics);
  const { operation, open } = gated();
  const { queue } = await start({ operations: operationMap(operation), metrics });
  const [first, second, third] = (await queue.submitMany([[reboot], [reboot], [{ ...reboot, depends: [[-1, []]] }]], alice)) as number[];
  await reaches(queue, first as number, 'running');
  await reaches(queue, third as number, 'waiting');
  for (const [series, expected] of Object.entries({
    gantry_jobs_submitted_total: 3,
    gantry_jobs_running: 1,
    'gantry_jobs{status="waiting"}': 2,
    'gantry_jobs_waiting{for="locks"}': 1,
    'gantry_jobs_waiting{for="jobs"}': 1,
    gantry_locks_held: 1,
    gantry_lock_requests_waiting: 1,
    gantry_lock_wait_seconds_count: 0,
  }))
    assert.equal(value(series), expected, series);
  const oldest = value('gantry_job_oldest_waiting_seconds');
  assert.ok(oldest !== undefined && oldest > 0 && oldest < 60, String(oldest));
  await open(queue, first as number);
  await open(queue, second as number);
  await open(queue, third as number);
  for (const [series, expected] of Object.entries({
    'gantry_jobs_ended_total{status="success"}': 3,
    'gantry_operations_ended_total{opcode="OP_INSTANCE_REBOOT",status="success"}': 3,
    'gantry_step_duration_seconds_count{opcode="OP_INSTANCE_REBOOT",kind="plan"}': 3,
    gantry_jobs_running: 0,
    gantry_job_oldest_waiting_seconds: 0,
    gantry_lock_wait_seconds_count: 1,
  }))
    assert.equal(value(series), expected, series);
});

test('a job has the trace that it is given, else one of its own; what it did is kept with the times of its steps', async () => {
  const { queue } = await start();
  const [given, drawn] = await Promise.all([
    queue.submit([{ OP_ID: 'OP_TAGS_SET', kind: 'cluster', tags: ['a'] }], alice, undefined, 'a'.repeat(32)),
    queue.submit([{ OP_ID: 'OP_TAGS_SET', kind: 'cluster', tags: ['b'] }], alice),
  ]);
  const [one, two] = [await end(queue, given), await end(queue, drawn)];
  assert.equal(one.trace, 'a'.repeat(32));
  assert.match(two.trace ?? '', /^[\da-f]{32}$/);
  const op = one.ops[0];
  assert.equal(op?.execution, undefined);
  const now = Date.now() / 1000;
  assert.ok(op?.steps && op.steps.length > 0);
  for (const { step, at } of op.steps) assert.ok(step !== '' && at > now - 60 && at <= now);
});
