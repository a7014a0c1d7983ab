import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFinal, jobError, jobFromReply, secondsOf } from './job-reply.ts';
import { asReport, errorFromReply } from './reported-error.ts';

const job = (more: object) => jobFromReply({ id: 7, status: 'error', ...more });

test('what a reply leaves out is empty', () => {
  assert.deepEqual(job({}), {
    id: 7,
    status: 'error',
    summary: [],
    ops: [],
    opstatus: [],
    opresult: [],
    operror: [],
    oplog: [],
    opsteps: [],
    parent: null,
    children: [],
    user: null,
    trace: null,
    received_ts: null,
    start_ts: null,
    end_ts: null,
  });
  assert.deepEqual(job({ opresult: ['short', 'b'], opoutcome: ['long', null] }).opresult, ['long', 'b']);
  assert.deepEqual(job({ opresult: ['short'], opoutcome: null }).opresult, ['short']);
  assert.equal(secondsOf([2, 500_000]), 2.5);
});

test('a job has ended when it succeeded, failed or was cancelled', () => {
  assert.deepEqual(
    ['success', 'error', 'canceled', 'canceling', 'running', 'waiting', 'queued'].map((status) => isFinal({ status })),
    [true, true, true, false, false, false, false],
  );
});

test('the error of a job is that of its first operation that failed', () => {
  const report = { code: 'JOB_UNKNOWN', what: 'It is not there.', why: 'w', todo: 't', facts: { a: 1 } };
  const error = jobError(
    job({ opstatus: ['success', 'error', 'error'], operror: [null, report, null], opresult: [null, ['X', ['y', 'wrong_state']], null] }),
  );
  assert.deepEqual([error.report, error.ganeti, error.status], [{ ...report, facts: { a: 1, job: 7 } }, 'wrong_state', undefined]);
  const own = jobError(job({ opstatus: ['error'], operror: [report] }));
  assert.equal(own.ganeti, 'unknown_entity', 'as the catalogue classifies it');
});

test('without a report the result tells: class, text and classification as Ganeti has them', () => {
  const of = (result: unknown) => {
    const { report, ganeti } = jobError(job({ opstatus: ['error'], opresult: [result] }));
    return [report.code, report.what, ganeti, report.facts['reason']];
  };
  assert.deepEqual(of(['OpPrereqError', ['no node', 'unknown_entity']]), [
    'CLI_JOB_FAILED',
    'Job 7 failed: no node',
    'unknown_entity',
    'no node',
  ]);
  assert.deepEqual(of(['OpExecError', ['no room']]), ['CLI_JOB_FAILED', 'Job 7 failed: no room', 'environment_error', 'no room']);
  assert.deepEqual(of('just text'), ['CLI_JOB_FAILED', 'Job 7 failed: just text', 'environment_error', 'just text']);
  assert.deepEqual(of(null), ['CLI_JOB_FAILED', 'Job 7 failed: no reason was recorded', 'environment_error', 'no reason was recorded']);
});

test('a report has a code and a text; other parts become empty when they are not what they should be', () => {
  assert.deepEqual(asReport({ code: 'A', what: 'b', why: 1, facts: [] }), { code: 'A', what: 'b', why: '', todo: '', facts: {} });
  assert.deepEqual(asReport({ code: 'A', what: 'b', why: 'c', todo: 'd', facts: { e: 1 } }), {
    code: 'A',
    what: 'b',
    why: 'c',
    todo: 'd',
    facts: { e: 1 },
  });
  for (const value of [null, undefined, 'text', {}, { code: 'A' }, { what: 'b' }, { code: 1, what: 'b' }, { code: 'A', what: 2 }])
    assert.equal(asReport(value), undefined);
  assert.deepEqual(asReport({ code: 'A', what: 'b', facts: null })?.facts, {});
});

test('a refusal without a report has the words of Ganeti, or of its status', () => {
  const of = (status: number, body: unknown) => {
    const { code, what, why, todo } = errorFromReply(status, body).report;
    return [code, what, why, todo];
  };
  assert.deepEqual(of(400, { message: 'Bad', explain: 'so' }), ['HTTP_400', 'Bad', 'so', 'Correct the request; nothing was changed.']);
  assert.deepEqual(of(418, null), [
    'HTTP_418',
    'The cluster answered with status 418.',
    'The cluster did not say why.',
    'Check the log of the master.',
  ]);
  assert.deepEqual(of(503, { message: 1 }), [
    'HTTP_503',
    'The cluster answered with status 503.',
    'The cluster did not say why.',
    'Try again in a moment.',
  ]);
  const own = errorFromReply(409, { error: { code: 'NAME_TAKEN', what: 'x' } });
  assert.deepEqual([own.status, own.report.code], [409, 'NAME_TAKEN']);
});
