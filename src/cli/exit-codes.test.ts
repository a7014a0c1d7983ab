import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError } from '../base/index.ts';
import { errorFromReply, ReportedError } from './connect/reported-error.ts';
import { exitCodeOf } from './exit-codes.ts';

test('the exit code tells a script what kind of trouble it was', () => {
  assert.equal(exitCodeOf(new GantryError('CLI_USAGE')), 2);
  assert.equal(exitCodeOf(new GantryError('INPUT_INVALID')), 2);
  assert.equal(exitCodeOf(new GantryError('JOB_UNKNOWN')), 3);
  assert.equal(exitCodeOf(new GantryError('CLI_CLUSTER_UNREACHABLE')), 4);
  assert.equal(exitCodeOf(new GantryError('CLI_CREDENTIALS_UNREADABLE')), 4);
  assert.equal(exitCodeOf(new GantryError('CLI_CANCEL_REFUSED')), 5);
  assert.equal(exitCodeOf(new GantryError('TIMED_OUT')), 1);
  assert.equal(exitCodeOf(new Error('a bug')), 1);
});

test('so do errors that the cluster reported, also codes that are not known here', () => {
  const report = (code: string) => ({ code, what: 'x', why: '', todo: '', facts: {} });
  assert.equal(exitCodeOf(new ReportedError(report('JOB_UNKNOWN'), {})), 3);
  assert.equal(exitCodeOf(new ReportedError(report('FROM_THE_FUTURE'), { status: 404 })), 3);
  assert.equal(exitCodeOf(new ReportedError(report('FROM_THE_FUTURE'), { status: 409 })), 5);
  assert.equal(exitCodeOf(new ReportedError(report('FROM_THE_FUTURE'), { status: 400 })), 2);
  assert.equal(exitCodeOf(new ReportedError(report('FROM_THE_FUTURE'), { ganeti: 'insufficient_resources' })), 5);
  assert.equal(exitCodeOf(new ReportedError(report('FROM_THE_FUTURE'), {})), 1);
  assert.equal(exitCodeOf(errorFromReply(401, undefined)), 4);
  assert.equal(exitCodeOf(errorFromReply(403, {})), 4);
  assert.equal(exitCodeOf(errorFromReply(502, '<html>')), 1);
});
