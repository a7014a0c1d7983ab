import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError } from '../../base/index.ts';
import type { ClusterClient } from '../connect/cluster-client.ts';
import { followJob } from './follow-job.ts';
import { silentProgress } from './progress-view.ts';

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
