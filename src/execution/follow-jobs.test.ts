import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError } from '../base/index.ts';
import { followJobs } from './follow-jobs.ts';
import type { JobPort } from './job-port.ts';
import { jobNamed, type PortScript, scriptedPort } from './testing/scripted-port.ts';

const lost = new GantryError('HTOOLS_LUXI_UNREACHABLE', { socket: '/a/test', detail: 'nobody answers' } as never);

async function following(script: PortScript, names = ['a']) {
  const { port } = scriptedPort(script);
  const numbers = (await port.submit(names.map(jobNamed))).map((_, k) => k + 1);
  return followJobs(port, numbers, 'hbal');
}

test('a connection that is lost for a while is waited for, each time anew', async () => {
  // 29 silences, an answer, 29 silences again: no 30 in a row.
  const states = { a: ['running', 'running', 'success'] };
  assert.deepEqual(await following({ states, silence: (n) => (n % 30 === 29 ? undefined : lost) }), ['success']);
});

test('30 silences in a row are the end of it, with the jobs and the reason', async () => {
  let asked = 0;
  await assert.rejects(following({ silence: () => (asked++, lost) }, ['a', 'b']), (error: GantryError) => {
    const { program, jobs, detail } = error.facts as Record<string, unknown>;
    assert.deepEqual([error.code, program, jobs, detail], ['HTOOLS_JOBS_LOST', 'hbal', '1, 2', lost.message]);
    return true;
  });
  assert.equal(asked, 30);
});

test('another error than silence is the end of it at once', async () => {
  let asked = 0;
  const refused = () => (asked++, new Error('certificate refused'));
  await assert.rejects(following({ silence: refused }), { code: 'HTOOLS_JOBS_LOST' });
  assert.equal(asked, 1);
});

test('a job that the master does not know any more is told by its number', async () => {
  const states = { a: ['running', 'success'], b: ['running', undefined] };
  await assert.rejects(following({ states }, ['a', 'b']), { code: 'HTOOLS_JOBS_LOST', message: /the master does not know job 2/ });
});

test('a job that is being cancelled has not ended', async () => {
  assert.deepEqual(await following({ states: { a: ['canceling', 'canceling', 'canceled'] } }), ['canceled']);
});

test('it asks less and less often, and at least every two seconds', async () => {
  const pauses: number[] = [];
  let asked = 0;
  const port = {
    states: async () => [asked++ < 8 ? 'running' : 'success'],
    untilChange: async (_jobs: readonly number[], ms: number) => void pauses.push(ms),
  } as unknown as JobPort;
  await followJobs(port, [1], 'hbal');
  assert.deepEqual(pauses.slice(0, 3), [250, 375, 562.5]);
  assert.ok(pauses.every((ms, k) => ms <= 2000 && ms >= (pauses[k - 1] ?? 0)));
  assert.equal(pauses.at(-1), 2000);
});
