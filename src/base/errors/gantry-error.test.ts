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

test('no text and no fact has what could steer a terminal, wherever it comes from', () => {
  const facts = { command: 'x\u001b[2J', outcome: ['\u009b'], stderr: 'one\ntwo\r' };
  const own = new GantryError('COMMAND_FAILED', facts);
  assert.equal(own.message, 'The command x\\u001b[2J ended with ["\\\\u009b"]: one\ntwo\\r');
  assert.deepEqual(own.facts, { command: 'x\\u001b[2J', outcome: ['\\u009b'], stderr: 'one\ntwo\\r' });
  const sent = GantryError.fromReport({ code: 'COMMAND_FAILED', facts });
  assert.deepEqual([sent.message, sent.facts], [own.message, own.facts]);
  const future = GantryError.fromReport({ code: 'F\u0007' as 'INTERNAL', what: '\u001bc', facts: {} });
  assert.equal(future.message, 'Internal error: F\\u0007: \\u001bc');
  for (const odd of [null, 'x', ['a']]) assert.deepEqual(GantryError.fromReport({ code: 'CANCELLED', facts: odd as never }).facts, {});
});

test('an error of another process is no larger than an error needs to be', () => {
  const { facts, message } = GantryError.fromReport({ code: 'TIMED_OUT', facts: { subject: 'x'.repeat(1e6) } });
  assert.ok(JSON.stringify(facts).length + message.length < 20_000);
});

test('what is not ours becomes a bug with its cause kept', () => {
  const cause = new TypeError('x is undefined');
  const error = GantryError.from(cause);
  assert.equal(error.code, 'INTERNAL');
  assert.equal(error.cause, cause);
  assert.equal(GantryError.from(error), error);
});

test('a full file system is not a bug: whoever meets it is told what to do', () => {
  for (const code of ['ENOSPC', 'EDQUOT']) {
    const cause = Object.assign(new Error(`${code}: no space left on device, write`), { code });
    const error = GantryError.from(cause);
    assert.deepEqual([error.code, error.definition.kind, error.cause], ['DISK_FULL', 'operational', cause]);
    assert.match(error.message, /full: E\w+: no space left on device/);
    assert.match(error.toReport().todo, /df -h/);
  }
  assert.equal(GantryError.from(Object.assign(new Error('x'), { code: 'EPERM' })).code, 'INTERNAL');
  for (const nothing of [null, undefined, 'text']) assert.equal(GantryError.from(nothing).code, 'INTERNAL');
});

test('a code that only looks like one of the catalogue is none', () => {
  for (const code of ['constructor', 'toString', '__proto__', 'hasOwnProperty'])
    assert.match(GantryError.fromReport({ code: code as 'INTERNAL', what: 'x', facts: {} }).message, /^Internal error: /, code);
});

test('a code of a newer version is not lost', () => {
  const error = GantryError.fromReport({ code: 'FROM_THE_FUTURE' as 'INTERNAL', what: 'flux', facts: {} });
  assert.match(error.message, /FROM_THE_FUTURE: flux/);
});

test('facts of every kind are shown, what has none stays to be seen', () => {
  const error = new GantryError('TIMED_OUT', { subject: ['a', 1] });
  assert.equal(error.message, '["a",1] did not finish within {seconds} s.');
  const { why, todo } = new GantryError('COMMAND_MISSING', { command: 'qemu-img' }).toReport();
  assert.ok(!`${why} ${todo}`.includes('{command}'));
});

test('what is thrown without being an error is told as it is, an unknown report without a text, too', () => {
  assert.equal(GantryError.from('plain text').message, 'Internal error: plain text');
  assert.equal(GantryError.from(new Error('its message')).message, 'Internal error: its message');
  const unknown = GantryError.fromReport({ code: 'FROM_THE_FUTURE' as 'INTERNAL', facts: {} });
  assert.equal(unknown.message, 'Internal error: FROM_THE_FUTURE: no text');
});
