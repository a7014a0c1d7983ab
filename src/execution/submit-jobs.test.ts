import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GantryError } from '../base/index.ts';
import type { JobAnswer } from './job-port.ts';
import { submitJobs } from './submit-jobs.ts';
import { jobNamed, scriptedPort } from './testing/scripted-port.ts';

const origin = { program: 'hbal', comment: 'a test' };
const jobs = ['a', 'b', 'c'].map(jobNamed);

async function problem(answers: readonly JobAnswer[] | Error): Promise<[string, Record<string, unknown>]> {
  const failed = await submitJobs(scriptedPort({ answers: { 0: answers } }).port, jobs, origin).catch((error: GantryError) => error);
  assert.ok(!Array.isArray(failed));
  return [failed.code, failed.facts as Record<string, unknown>];
}

test('jobs get their numbers in order', async () => {
  assert.deepEqual(await submitJobs(scriptedPort().port, jobs, origin), [1, 2, 3]);
});

test('a refusal says what was taken before, and why', async () => {
  const facts = { program: 'hbal', detail: 'the queue is full', taken: '7', refused: 2 };
  assert.deepEqual(await problem([{ taken: 7 }, { refused: 'the queue is full' }, { refused: 'too' }]), ['HTOOLS_JOB_REFUSED', facts]);
});

test('when none was sent, all are refused', async () => {
  const facts = { program: 'hbal', detail: 'no route', taken: 'none', refused: 3 };
  assert.deepEqual(await problem(new Error('no route')), ['HTOOLS_JOB_REFUSED', facts]);
});

test('an answer that was lost is told apart: that job may run', async () => {
  const facts = { program: 'hbal', detail: 'cut off', taken: '7', refused: 1, lost: 1 };
  assert.deepEqual(await problem([{ taken: 7 }, { refused: 'full' }, { lost: 'cut off' }]), ['HTOOLS_JOB_ANSWER_LOST', facts]);
});
