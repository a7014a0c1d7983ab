import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError } from '../../base/index.ts';
import type { ClusterClient, JobUpdate } from '../connect/cluster-client.ts';
import { jobFromReply } from '../connect/job-reply.ts';
import { followJob } from './follow-job.ts';
import { type ProgressView, silentProgress } from './progress-view.ts';

const unreachable = new GantryError('CLI_CLUSTER_UNREACHABLE', { url: 'https://a:5080', detail: 'ECONNREFUSED' });

test('a job that is out of sight for too long is not reported as failed', async () => {
  let asked = 0;
  const client = {
    waitForJob: async () => {
      asked++;
      throw unreachable;
    },
  } as unknown as ClusterClient;
  await assert.rejects(followJob(client, 12, silentProgress, 0), {
    code: 'CLI_JOB_LOST_SIGHT',
    message:
      'The cluster has not answered for 0 s while job 12 was followed: The cluster at https://a:5080 cannot be reached: ECONNREFUSED',
  });
  assert.equal(asked, 1);
});

test('what the cluster refuses ends the following at once', async () => {
  const client = { waitForJob: () => Promise.reject(new GantryError('JOB_UNKNOWN', { job: 12 })) } as unknown as ClusterClient;
  await assert.rejects(followJob(client, 12, silentProgress), { code: 'JOB_UNKNOWN' });
});

const update = (status: string, log: readonly (readonly [number, string])[] = [], seen?: string): JobUpdate => ({
  id: 12,
  status,
  known: [status],
  log: log.map(([serial, text]) => [serial, [0, 0], 'message', text] as const),
  progress: null,
  waitingFor: [],
  seen,
});

/** Notes what it is told, in order. */
function recorder() {
  const told: string[] = [];
  const view: ProgressView = {
    begin: (id) => told.push(`begin ${id}`),
    log: (line) => told.push(`log ${String(line[3])}`),
    update: ({ status }) => told.push(`update ${status}`),
    note: (text) => told.push(`note ${text}`),
    end: ({ status }) => told.push(`end ${status}`),
    close: () => told.push('close'),
  };
  return { told, view };
}

test('each wait begins where the last one ended; an answer without news changes nothing', async () => {
  const answers = [
    update(
      'running',
      [
        [1, 'a'],
        [2, 'b'],
      ],
      'x',
    ),
    undefined,
    update('running', [], 'y'),
    update('success', [[3, 'c']]),
  ];
  const asked: unknown[] = [];
  const client = {
    waitForJob: async (_id: number, known: unknown) => {
      asked.push(known);
      return answers[asked.length - 1];
    },
    job: async (id: number) => jobFromReply({ id, status: 'success' }),
  } as unknown as ClusterClient;
  const { told, view } = recorder();
  const before = process.listenerCount('SIGINT');
  assert.equal((await followJob(client, 12, view)).status, 'success');
  assert.deepEqual(asked, [
    { values: null, logSerial: 0 },
    { values: ['running'], logSerial: 2, seen: 'x' },
    { values: ['running'], logSerial: 2, seen: 'x' },
    { values: ['running'], logSerial: 2, seen: 'y' },
  ]);
  assert.deepEqual(told, [
    'begin 12',
    'log a',
    'log b',
    'update running',
    'update running',
    'log c',
    'update success',
    'end success',
    'close',
  ]);
  assert.equal(process.listenerCount('SIGINT'), before, 'Ctrl-C is the own one again');
});

test('a lost connection is told and tried again, whatever way it is lost; the view is closed after an error', async () => {
  let asked = 0;
  const client = {
    waitForJob: async () => {
      asked++;
      if (asked === 1) throw unreachable;
      if (asked === 2) throw new GantryError('TIMED_OUT', { subject: 'x', seconds: 1 });
      throw new GantryError('INTERNAL', { detail: 'x' });
    },
  } as unknown as ClusterClient;
  const { told, view } = recorder();
  await assert.rejects(followJob(client, 12, view), { code: 'INTERNAL' });
  const note = 'note connection lost, trying again (job 12 continues meanwhile)';
  assert.deepEqual(told, ['begin 12', note, note, 'close']);
});
