import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { runProgram } from '../command/run-program.ts';
import { replayMaster } from '../sources/testing/replay-master.ts';
import { jobMaster, type MasterScript } from './testing/job-master.ts';

/** On the recorded cluster hbal finds two moves, one after the other: inst3 (job 100) and inst6 (job 101). */
const usual = ['-G', 'default', '-X'];

async function run(path: string, words: readonly string[], watched = false) {
  let out = '';
  let err = '';
  const io = { out: (text: string) => void (out += text), err: (text: string) => void (err += text), watched };
  const code = await runProgram('hbal', [`-L${path}`, ...words], io);
  return { code, out, err };
}

async function hbal(script: MasterScript, ...words: string[]) {
  await using master = await jobMaster(script);
  const result = await run(master.path, [...usual, ...words]);
  return { ...result, instances: master.jobs.map(([opcode]) => opcode?.['instance_name']), jobs: master.jobs };
}

const both = ['inst3.r5.test', 'inst6.r5.test'];

describe('what is submitted', { concurrency: true }, () => {
  test('what Ganeti once submitted, as its master was heard to answer', async () => {
    await using master = await replayMaster();
    const { code, out, err } = await run(master.path, usual);
    assert.equal(code, 0, err);
    assert.match(out, /Solution length=2\nGot job IDs 31\nGot job IDs 32\n$/);
  });

  test('one set after the other, with the reason and the priority that were asked for', async () => {
    const { code, out, err, instances, jobs } = await hbal(
      { states: { 100: ['queued', 'running', 'success'] } },
      '--priority=high',
      '--reason=rack 7',
    );
    assert.match(out, /Got job IDs 100\nGot job IDs 101\n$/);
    assert.doesNotMatch(err, /Waiting/);
    assert.deepEqual([code, instances], [0, both]);
    const [opcode] = jobs[0] ?? [];
    assert.deepEqual([opcode?.['priority'], (opcode?.['reason'] as unknown[][])[0]?.slice(0, 2)], [-10, ['hbal', 'rack 7']]);
  });

  test('nothing without -X, and nothing when there is nothing to gain', async () => {
    await using master = await jobMaster();
    assert.equal((await run(master.path, ['-G', 'default'])).code, 0);
    assert.equal((await run(master.path, [...usual, '-e', '100'])).code, 0);
    assert.deepEqual(master.jobs, []);
  });
});

test('somebody who looks on sees what the jobs do', async () => {
  await using master = await jobMaster({ states: { 100: ['waiting', 'success'] } });
  const { out, err } = await run(master.path, [...usual, '--first-job-group'], true);
  assert.match(err, /Waiting for jobs: 1 waiting\r\x1b\[KWaiting for jobs: 1 success\r\x1b\[K$/);
  assert.match(out, /Got job IDs 100\n$/);
});

describe('what goes wrong', { concurrency: true }, () => {
  test('a job that fails is the last one; its error and what was not done are told', async () => {
    const { code, out, err, instances } = await hbal({ states: { 100: ['error'] }, failure: 'the disks are degraded' });
    assert.match(out, /Got job IDs 100\n$/);
    assert.match(
      err,
      /Error: hbal: Not all jobs completed successfully: \[\(JobId {fromJobId = 100},JOB_STATUS_ERROR\)\]\nAborting\.\n {2}code: {2}HTOOLS_JOBS_FAILED\n.*job 100: OpExecError: the disks are degraded\. .*not submitted: 1\./,
    );
    assert.deepEqual([code, instances], [1, both.slice(0, 1)]);
  });

  test('so it is with one that somebody cancels', async () => {
    const { code, err } = await hbal({ states: { 101: ['running', 'canceled'] } });
    assert.match(err, /fromJobId = 101},JOB_STATUS_CANCELED\)\]/);
    assert.equal(code, 1);
  });

  test('a master that takes no jobs', async () => {
    const { code, err } = await hbal({ refusal: 'Job queue is drained', taken: 1 });
    assert.match(err, /Error: hbal: Job submission error: Job queue is drained\n {2}code: {2}HTOOLS_JOB_REFUSED\n/);
    assert.equal(code, 1);
  });

  test('a master that dies with the jobs in its hands', async () => {
    const { code, err } = await hbal({ dies: true });
    assert.match(err, /code: {2}HTOOLS_JOB_ANSWER_LOST\n.*1 of the jobs may or may not have been accepted\./);
    assert.equal(code, 1);
  });

  test('a master that answers for fewer jobs than it was given', async () => {
    const { code, err } = await hbal({ answers: 0 });
    assert.match(err, /its answer has fewer jobs than were submitted\n {2}code: {2}HTOOLS_JOB_ANSWER_LOST\n/);
    assert.equal(code, 1);
  });

  test('a master that is away for a moment makes no difference', async () => {
    const { code, instances } = await hbal({ silences: 2 }, '--first-job-group');
    assert.deepEqual([code, instances], [0, both.slice(0, 1)]);
  });

  test('a job that the master forgot cannot be judged', async () => {
    const { code, err } = await hbal({ states: { 100: ['running', null] } });
    assert.match(err, /Error: hbal: Checking job status: the master does not know job 100\n {2}code: {2}HTOOLS_JOBS_LOST\n/);
    assert.equal(code, 1);
  });
});

describe('signals', { concurrency: true }, () => {
  /** Sends a signal once jobs were submitted. */
  async function interrupted(signal: NodeJS.Signals) {
    await using master = await jobMaster({ states: { 100: ['running', 'running', 'success'] } });
    const child = spawn(join(import.meta.dirname, '../../../bin/hbal'), [`-L${master.path}`, ...usual], {
      env: { ...process.env, HTOOLS: '' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let out = '';
    let sent = false;
    child.stdout.on('data', (piece) => {
      out += piece;
      if (!sent && out.includes('Got job IDs')) sent = child.kill(signal);
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    return { code, out: out.slice(out.indexOf('Got job')), count: master.jobs.length };
  }

  test('SIGINT stops after the jobs that run, and tells what remains', async () => {
    const { code, out, count } = await interrupted('SIGINT');
    assert.equal(
      out,
      `Got job IDs 100
Cancel request registered, will exit at the end of the current job set...
Exiting early due to user request, 1 jobset(s) submitted:
  Executing jobset for instances inst3.r5.test: 100 success
1 jobset(s) not submitted:
  Executing jobset for instances inst6.r5.test
`,
    );
    assert.deepEqual([code, count], [0, 1]);
  });

  test('SIGTERM ends at once; the jobs are left to the master', async () => {
    const { code, out, count } = await interrupted('SIGTERM');
    assert.equal(out, 'Got job IDs 100\nDouble cancel request, exiting now...\n');
    assert.deepEqual([code, count], [2, 1]);
  });
});
