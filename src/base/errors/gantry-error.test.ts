import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError } from './gantry-error.ts';

test('facts fill the texts and travel along', () => {
  const error = new GantryError('TIMED_OUT', { subject: 'The disk copy', seconds: 30 });
  assert.equal(error.message, 'The disk copy did not finish within 30 s.');
  assert.deepEqual(error.toReport().facts, { subject: 'The disk copy', seconds: 30 });
});

test('a report survives the way through another process', () => {
  const report = new GantryError('COMMAND_MISSING', { command: 'qemu-img' }).toReport();
  const back = GantryError.fromReport(JSON.parse(JSON.stringify(report)));
  assert.deepEqual(back.toReport(), report);
});

test('what is not ours becomes a bug with its cause kept', () => {
  const cause = new TypeError('x is undefined');
  const error = GantryError.from(cause);
  assert.equal(error.code, 'INTERNAL');
  assert.equal(error.cause, cause);
  assert.equal(GantryError.from(error), error);
});

test('a code of a newer version is not lost', () => {
  const error = GantryError.fromReport({ code: 'FROM_THE_FUTURE' as 'INTERNAL', what: 'flux', facts: {} });
  assert.match(error.message, /FROM_THE_FUTURE: flux/);
});
