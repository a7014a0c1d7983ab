import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobChange, WaitOptions } from '../../jobs/index.ts';
import type { Job, LogEntry, OpStatus } from '../../model/index.ts';
import type { ApiContext } from '../api-options.ts';
import { jobValues, type WaitRequest, waitForJob } from './job-wait.ts';

const entry = (serial: number): LogEntry => [serial, [0, 0], 'message', `m${serial}`];
const change = (status: OpStatus, log: readonly number[][] = [[]], more: Partial<JobChange> = {}): JobChange => ({
  job: { id: 7, ops: log.map((serials) => ({ status, log: serials.map(entry) })) } as unknown as Job,
  progress: null,
  waitingFor: [],
  ...more,
});

/** Waits for a job that is found as `first`, and about which the queue then tells `later`, one after the other. */
async function waited(
  first: JobChange | undefined,
  request: Partial<WaitRequest>,
  later: readonly (JobChange | undefined)[] = [],
  aborted = false,
) {
  let time = 5000;
  const waits: WaitOptions[] = [];
  const queue = [...later];
  const context = {
    services: {
      clock: { now: () => time },
      jobs: {
        look: async (id: number) => (id === 7 ? first : undefined),
        waitForChange: async (id: number, { signal: _, ...options }: WaitOptions) => {
          assert.equal(id, 7);
          waits.push(options);
          const next = queue.shift();
          time += next ? 100 : (options.timeoutMs ?? 0);
          return next;
        },
        present: () => undefined,
      },
      config: { current: {} },
      live: {},
    },
    limits: { waitMs: 2500 },
  } as unknown as ApiContext;
  const signal = aborted ? AbortSignal.abort() : new AbortController().signal;
  const whole = { fields: ['id', 'status'], previous: [7, first ? 'running' : 'x'], serial: null, progress: false, ...request };
  return { reply: await waitForJob(7, whole, context, signal), waits };
}

test('what the client does not know is told at once', async () => {
  const known = { reply: { job_info: [7, 'running'], log_entries: [] }, waits: [] };
  assert.deepEqual(await waited(change('running'), { previous: null }), known);
  assert.deepEqual(await waited(change('running'), { previous: [7, 'waiting'] }), known);
  const log = change('running', [
    [1, 4],
    [2, 3],
  ]);
  assert.deepEqual((await waited(log, {})).reply?.log_entries, [1, 2, 3, 4].map(entry));
  assert.deepEqual((await waited(log, { serial: 2 })).reply?.log_entries, [3, 4].map(entry));
});

test('a job that does not change is waited for as long as the limit is, and looked at each second', async () => {
  const { reply, waits } = await waited(change('running'), { serial: -3 });
  const options = { status: 'running', logSerial: 0, progress: false };
  assert.equal(reply, undefined);
  assert.deepEqual(waits, [
    { ...options, timeoutMs: 1000 },
    { ...options, timeoutMs: 1000 },
    { ...options, timeoutMs: 500 },
  ]);
});

test('a job that has ended, and a client that has gone, are not waited for', async () => {
  for (const status of ['success', 'error', 'canceled'] as const)
    assert.deepEqual(await waited(change(status), { previous: [7, status] }), { reply: undefined, waits: [] });
  assert.deepEqual(await waited(change('running'), {}, [], true), { reply: undefined, waits: [] });
});

test('a change ends the wait; without progress only one of the fields or of the log', async () => {
  const step = { progress: { step: 's', index: 1, count: 2, fraction: null, text: '' } };
  const changed = await waited(change('running'), { serial: 5 }, [
    change('running', [[5]]),
    change('running', [[5]], step),
    change('success'),
  ]);
  assert.deepEqual(changed.reply, { job_info: [7, 'success'], log_entries: [] });
  assert.deepEqual(
    changed.waits.map(({ logSerial, timeoutMs }) => [logSerial, timeoutMs]),
    [
      [5, 1000],
      [5, 1000],
      [5, 1000],
    ],
  );
  const logged = await waited(change('running'), { serial: 5 }, [change('running', [[5, 6]])]);
  assert.deepEqual(logged.reply?.log_entries, [entry(6)]);
});

test('with progress a step and a reason to wait count, also those that came between two calls', async () => {
  const progress = { step: 's', index: 1, count: 2, fraction: 0.5, text: 'half' };
  const running = change('running', [[]], { progress });
  const extra = { progress, waiting_for: [], seen: '[1,"s"]' };
  const told = { job_info: [7, 'running'], log_entries: [], ...extra };
  assert.deepEqual((await waited(change('running'), { progress: true }, [running])).reply, told);
  assert.deepEqual((await waited(running, { progress: true, seen: '[null,null]' })).reply, told);
  const same = await waited(running, { progress: true, seen: '[1,"s"]' });
  assert.deepEqual([same.reply, same.waits.length, same.waits[0]?.progress], [undefined, 3, true]);
  assert.equal((await waited(running, { progress: true })).reply, undefined, 'who does not say what was seen waits');
  assert.equal((await waited(running, { seen: '[null,null]' })).reply, undefined, 'without progress it does not count');
  const locked = change('waiting', [[]], { waitingFor: ['node n1'] });
  assert.equal((await waited(locked, { progress: true, previous: null })).reply?.seen, '[null,null,"node n1"]');
});

test('a job or a field that does not exist is refused', async () => {
  await assert.rejects(waited(undefined, {}), { code: 'API_OBJECT_UNKNOWN', facts: { object: 'job', name: '7' } });
  await assert.rejects(waited(change('running'), { fields: ['zork'] }), {
    code: 'API_QUERY_FAILED',
    facts: { problem: "Unknown job field 'zork'" },
  });
  const { job } = change('queued');
  const services = { config: {}, live: {}, jobs: {} };
  assert.deepEqual(jobValues(job, ['status', 'end_ts', 'id'], { services } as unknown as ApiContext), ['queued', null, 7]);
});
