import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Job, jobStatus, type OpStatus } from './job.ts';

const status = (...statuses: OpStatus[]) => jobStatus({ ops: statuses.map((status) => ({ status })) as Job['ops'] });

test("a job's state follows from its opcodes", () => {
  assert.equal(status('success', 'success'), 'success');
  assert.equal(status('success', 'queued'), 'queued');
  assert.equal(status('success', 'running', 'queued'), 'running');
  assert.equal(status('waiting', 'queued'), 'waiting');
  assert.equal(status('success', 'error', 'error'), 'error');
  assert.equal(status('canceled', 'canceled'), 'canceled');
  assert.equal(status('canceling', 'queued'), 'canceling');
  assert.equal(status('queued', 'success'), 'queued');
  assert.equal(status('queued', 'error', 'canceled'), 'error');
  assert.equal(status('success', 'canceled', 'running'), 'canceled');
  assert.equal(status('waiting', 'error'), 'waiting');
});
