import assert from 'node:assert/strict';
import { it } from 'node:test';
import { GantryError } from '../../base/index.ts';
import type { JobQueue } from '../../jobs/index.ts';
import { jobEnd } from './job-end.ts';

/** A queue whose job 5 goes through these states, one for each wait. */
function queueOf(...states: (string | null)[]) {
  const waits: unknown[] = [];
  const failure = new GantryError('NAME_TAKEN', { kind: 'node', name: 'a' });
  const jobOf = (status: string) => ({
    id: 5,
    ops: [{ status: 'success' }, { status, ...(status === 'error' && { result: { error: failure.toReport() } }) }],
  });
  let at = 0;
  const now = () => states[at] ?? null;
  const jobs = {
    get: async () => (now() === null ? undefined : jobOf(String(now()))),
    waitForChange: async (_id: number, options: object) => {
      waits.push(options);
      at++;
      return now() === null ? null : { job: jobOf(String(now())) };
    },
  } as unknown as JobQueue;
  return { jobs, waits };
}

it('waits until a job has ended', async () => {
  const { jobs, waits } = queueOf('running', 'canceling', 'success');
  assert.equal((await jobEnd(jobs, 5)).ops[1]?.status, 'success');
  assert.deepEqual(waits.length, 2);
  assert.deepEqual(waits[0], { status: 'running', timeoutMs: 30_000 });
  const done = queueOf('success');
  await jobEnd(done.jobs, 5);
  assert.deepEqual(done.waits, []);
});

it('goes on waiting when nothing has changed, and can be told to stop', async () => {
  const { signal } = new AbortController();
  const { jobs, waits } = queueOf('running', null, 'success');
  assert.equal((await jobEnd(jobs, 5, signal)).ops[1]?.status, 'success');
  assert.deepEqual(
    waits,
    [0, 1].map(() => ({ status: 'running', timeoutMs: 30_000, signal })),
  );
});

it('fails with the error of the job, or because it was cancelled or is not there', async () => {
  await assert.rejects(jobEnd(queueOf('running', 'error').jobs, 5), { code: 'NAME_TAKEN' });
  await assert.rejects(jobEnd(queueOf('canceled').jobs, 5), { code: 'CANCELLED' });
  await assert.rejects(jobEnd(queueOf(null).jobs, 5), { code: 'INTERNAL' });
});
