import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Job, jobStatus, keys } from '../../model/index.ts';
import { storeLimits } from '../../store/index.ts';
import { cancelled, succeeded, withExecution } from '../record/job-changes.ts';
import { alice } from '../testing/queue-fixture.ts';
import { buildJob } from './build-job.ts';
import { endUnfinishedJobs } from './end-unfinished.ts';

const delay = { OP_ID: 'OP_TEST_DELAY', duration: 0 };
const fresh = (id: number, ops = 1): Job =>
  buildJob(
    id,
    Array.from({ length: ops }, () => delay),
    alice,
    1000,
    [],
  );

test('jobs of a backup that have not ended are ended, from their present opcode on; the rest stays as it is', () => {
  const begun = withExecution(1, { plan: null, outcomes: [] })(succeeded(0, 'done', [1, 0])(fresh(2, 3)));
  const jobs = [fresh(1), begun, succeeded(0, null, [2, 0])(fresh(3)), cancelled('by request', [3, 0])(fresh(4))];
  const content = new Map(jobs.map((job) => [keys.job(job.id), JSON.stringify(job)]));
  content.set(keys.cluster, '{}').set(keys.archivedJob(9), 'not looked at').set(keys.jobSerial, '4');
  const result = endUnfinishedJobs(content, 5000);
  const job = (id: number) => JSON.parse(result.get(keys.job(id)) ?? '') as Job;
  assert.deepEqual(
    [1, 2, 3, 4].map((id) => jobStatus(job(id))),
    ['error', 'error', 'success', 'canceled'],
  );
  const codes = (id: number) => job(id).ops.map(({ status, result: end }) => (end as { error?: { code: string } })?.error?.code ?? status);
  assert.deepEqual([codes(1), codes(2)], [['JOB_OF_BACKUP'], ['success', 'JOB_OF_BACKUP', 'JOB_PRECEDING_FAILED']]);
  assert.deepEqual([job(1).end_ts, job(2).ops[0]?.result], [[5, 0], 'done']);
  for (const key of [keys.job(3), keys.job(4), keys.cluster, keys.archivedJob(9), keys.jobSerial])
    assert.equal(result.get(key), content.get(key));
});

test('a job that cannot be read is told, not dropped', () => {
  assert.throws(() => endUnfinishedJobs(new Map([[keys.job(1), '{"id":1}']]), 0), { code: 'STORE_OBJECT_CORRUPT' });
});

test('a job that would become too large for the store by its end is cancelled in few words', () => {
  const large = withExecution(0, { plan: 'x'.repeat(200_000), outcomes: [] })(fresh(1, 3000));
  const key = keys.job(1);
  const ended = endUnfinishedJobs(new Map([[key, JSON.stringify(large)]]), 5000).get(key) ?? '';
  assert.ok(ended.length < storeLimits.valueBytes, `${ended.length}`);
  const job = JSON.parse(ended) as Job;
  assert.deepEqual([jobStatus(job), job.ops.length, job.ops[0]?.execution, job.end_ts], ['canceled', 3000, undefined, [5, 0]]);
  assert.match(String(job.ops[2999]?.result), /backup/);
});
