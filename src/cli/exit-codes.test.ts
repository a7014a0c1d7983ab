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
  assert.equal(exitCodeOf(new ReportedError(report('NODE_IS_MASTER'), {})), 5);
  assert.equal(exitCodeOf(new ReportedError(report('NODE_IS_MASTER'), { status: 409, ganeti: 'wrong_input' })), 5);
  assert.equal(exitCodeOf(errorFromReply(401, undefined)), 4);
  assert.equal(exitCodeOf(errorFromReply(403, {})), 4);
  assert.equal(exitCodeOf(errorFromReply(502, '<html>')), 1);
});

test('every kind of error that the cluster knows has its code, and so has each status without one', () => {
  const report = { code: 'FROM_THE_FUTURE', what: 'x', why: '', todo: '', facts: {} };
  for (const [ganeti, code] of [
    ['wrong_input', 2],
    ['unknown_entity', 3],
    ['resolver_error', 3],
    ['wrong_state', 5],
    ['already_exists', 5],
    ['resource_not_unique', 5],
    ['insufficient_resources', 5],
    ['temp_insufficient_resources', 5],
    ['internal_error', 1],
    ['environment_error', 1],
  ] as const) {
    assert.equal(exitCodeOf(new ReportedError(report, { ganeti })), code, ganeti);
    assert.equal(exitCodeOf(new ReportedError(report, { ganeti, status: 403 })), 4, 'who may not ask cannot connect, whatever the kind');
  }
  for (const [status, code] of [
    [399, 1],
    [400, 2],
    [404, 3],
    [409, 5],
    [412, 5],
    [418, 2],
    [499, 2],
    [500, 1],
    [503, 1],
  ] as const)
    assert.equal(exitCodeOf(errorFromReply(status, {})), code, String(status));
  for (const code of [
    'CLI_CLUSTER_NOT_SET',
    'CLI_CLUSTER_UNKNOWN',
    'CLI_CONFIG_UNREADABLE',
    'CLI_CA_UNREADABLE',
    'CLI_JOB_LOST_SIGHT',
    'CLI_CERTIFICATE_REFUSED',
    'CLI_REPLY_UNREADABLE',
  ] as const)
    assert.equal(exitCodeOf(new GantryError(code)), 4, code);
  assert.equal(exitCodeOf(new GantryError('CLI_JOB_CANCELED')), 1);
});
