import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSamples } from '../../base/index.ts';
import { type JobFigures, JobMetrics } from './job-metrics.ts';

const textOf = (metrics: JobMetrics): string =>
  formatSamples({ name: 'jobs', metrics: metrics.families, measure: (_, emit) => metrics.measure(emit) }, null)
    .map(({ text }) => text)
    .join('');

test('ends are counted by status, opcodes and their parts by kind; what never happened has no series, but each end of a job has', () => {
  const metrics = new JobMetrics();
  metrics.submitted += 2;
  metrics.jobEnded('success');
  metrics.opEnded('OP_X', 'success', 0.3);
  metrics.opEnded('OP_X', 'error', 2);
  metrics.stepEnded('OP_X', 'plan', 0.004);
  metrics.lockWait.observe(20);
  const text = textOf(metrics);
  for (const line of [
    'gantry_jobs_submitted_total 2',
    'gantry_jobs_ended_total{status="success"} 1',
    'gantry_jobs_ended_total{status="error"} 0',
    'gantry_jobs_ended_total{status="canceled"} 0',
    'gantry_operations_ended_total{opcode="OP_X",status="error"} 1',
    'gantry_operation_duration_seconds_bucket{opcode="OP_X",le="0.5"} 1',
    'gantry_operation_duration_seconds_count{opcode="OP_X"} 2',
    'gantry_step_duration_seconds_bucket{opcode="OP_X",kind="plan",le="0.005"} 1',
    'gantry_lock_wait_seconds_bucket{le="15.0"} 0',
    'gantry_lock_wait_seconds_sum 20',
  ])
    assert.ok(text.includes(`${line}\n`), line);
  assert.doesNotMatch(text, /kind="undo"|gantry_jobs\{|gantry_jobs_running/);
});

test('the state of a queue is told while it is followed, every status and reason with its number', () => {
  const metrics = new JobMetrics();
  const figures: JobFigures = {
    statuses: new Map([['running', 3]]),
    waiting: new Map([['locks', 4]]),
    oldestWaitingSeconds: 7.5,
    places: 3,
    placesLimit: 20,
    locksHeld: 5,
    lockRequests: 6,
  };
  metrics.follow(() => figures);
  const text = textOf(metrics);
  for (const line of [
    'gantry_jobs{status="running"} 3',
    'gantry_jobs{status="queued"} 0',
    'gantry_jobs_waiting{for="locks"} 4',
    'gantry_jobs_waiting{for="place"} 0',
    'gantry_job_oldest_waiting_seconds 7.5',
    'gantry_jobs_running 3',
    'gantry_jobs_running_limit 20',
    'gantry_locks_held 5',
    'gantry_lock_requests_waiting 6',
  ])
    assert.ok(text.includes(`${line}\n`), line);
  metrics.follow(undefined);
  assert.doesNotMatch(textOf(metrics), /gantry_jobs_running/);
});
