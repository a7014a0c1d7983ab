import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { ErrorReport } from '../base/index.ts';
import { type Job, jobStatus } from '../model/index.ts';
import type { JobQueue, OpInput } from './job-queue.ts';
import { type FixtureOptions, newDirectory, openFixture, type QueueFixture } from './queue-fixture.ts';
import { effects, operationMap, testDelay, testOperations } from './test-operations.ts';

const noop: OpInput = { OP_ID: 'OP_TEST_DELAY', duration: 0 };
const create = (instance_name: string, more = {}): OpInput => ({ OP_ID: 'OP_INSTANCE_CREATE', instance_name, ...more });

let home: { dir: string; remove: () => Promise<void> };
let open: QueueFixture[];

beforeEach(async () => {
  home = await newDirectory();
  await mkdir(join(home.dir, 'world'));
  open = [];
});
afterEach(async () => {
  for (const fixture of open) await fixture.close();
  await home.remove();
});

const world = () => join(home.dir, 'world');
const start = async (options: Partial<FixtureOptions> = {}): Promise<QueueFixture> => {
  const fixture = await openFixture(home.dir, { operations: testOperations({ dir: world() }), ...options });
  open.push(fixture);
  return fixture;
};

async function end(queue: JobQueue, id: number): Promise<Job> {
  for (let status = jobStatus((await queue.get(id)) as Job); ; ) {
    const change = await queue.waitForChange(id, { status, timeoutMs: 20_000 });
    assert.ok(change, `job ${id} did not go on`);
    status = jobStatus(change.job);
    if (['success', 'error', 'canceled'].includes(status)) return change.job;
  }
}

const errorOf = (job: Job, index = 0) => (job.ops[index]?.result as { error: ErrorReport }).error;

describe('a job', () => {
  test('runs its opcodes in order and ends with their results', async () => {
    const { queue, config } = await start();
    const id = await queue.submit([create('web1'), { OP_ID: 'OP_TAGS_SET', kind: 'cluster', tags: ['a'] }, noop], 'alice');
    const job = await end(queue, id);
    assert.equal(jobStatus(job), 'success');
    assert.deepEqual(
      job.ops.map(({ result }) => result),
      [['node1'], null, null],
    );
    assert.deepEqual(await effects(world()), ['*.disk0', '*.disk1', '*.run']);
    assert.equal(config.current.instances.find('web1')?.forthcoming, false);
    assert.deepEqual(config.current.cluster.tags, ['a']);
  });
});
