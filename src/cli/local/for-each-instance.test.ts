import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../../base/index.ts';
import type { Row } from '../connect/cluster-client.ts';
import type { JobReply } from '../connect/job-reply.ts';
import { forEachInstance, jobsUnderWay } from './local-client.ts';

const startup = (name: string) => ({ OP_ID: 'OP_INSTANCE_STARTUP', instance_name: name });
const client = (jobs: readonly Row[] = []) => {
  const submitted: unknown[] = [];
  const asked: number[] = [];
  return {
    submitted,
    asked,
    query: async (_kind: string, _fields: readonly string[], filter: Json) => {
      const states = (filter as [string, ...[string, string, string][]]).slice(1).map((each) => each[2]);
      return jobs.filter(({ status }) => states.includes(String(status)));
    },
    submit: async (ops: readonly Row[]) => {
      submitted.push(...ops);
      return 100 + submitted.length;
    },
    job: async (id: number) => {
      asked.push(id);
      return { id, status: id === 102 ? 'error' : 'success' } as unknown as JobReply;
    },
  };
};

test('an instance that the watcher starts already is waited for, and no second job is submitted', async () => {
  const jobs = [
    { id: 7, status: 'running', ops: [startup('web1')] },
    { id: 8, status: 'success', ops: [startup('web2')] },
    { id: 9, status: 'queued', ops: [{ OP_ID: 'OP_INSTANCE_SHUTDOWN', instance_name: 'web3' }] },
    { id: 10, status: 'waiting', ops: [startup('web4')] },
    { id: 11, status: 'queued', ops: [startup('web2'), startup('web3')] },
  ];
  const cluster = client(jobs);
  const underWay = await jobsUnderWay(cluster, 'OP_INSTANCE_STARTUP');
  assert.deepEqual(
    [...underWay],
    [
      ['web1', 7],
      ['web4', 10],
    ],
  );
  const names = ['web1', 'web2', 'web3', 'web4'].map((name) => ({ name }));
  assert.deepEqual(await forEachInstance(cluster, names, startup, 5, underWay), ['web3']);
  assert.deepEqual(cluster.submitted, [startup('web2'), startup('web3')]);
  assert.deepEqual(
    cluster.asked.sort((a, b) => a - b),
    [7, 10, 101, 102],
  );
});

test('without such jobs there is one for each instance', async () => {
  const cluster = client();
  assert.deepEqual(await forEachInstance(cluster, [{ name: 'web1' }], startup, 5), []);
  assert.deepEqual(cluster.submitted, [startup('web1')]);
});
