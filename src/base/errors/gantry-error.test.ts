import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorCatalogue } from './error-catalogue.ts';
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

/** What happened, word for word as Ganeti's programs say it: scripts compare these lines as a whole. */
const inGanetisWords = new Set(['HTOOLS_EXEC_NEEDS_LUXI', 'ROLL_NO_NODES', 'ROLL_MIGRATION_FAILS']);

test('every error says what happened, why, and what to do', () => {
  for (const [code, { what, why, todo, http }] of Object.entries(errorCatalogue)) {
    assert.match(code, /^[A-Z][A-Z0-9_]+$/);
    const sentences = inGanetisWords.has(code) ? [why, todo] : [what, why, todo];
    for (const text of sentences) assert.ok(text.length > 8 && /[.}]$/.test(text), `${code}: "${text}"`);
    assert.ok(http >= 400 && http < 600, code);
  }
});
