import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, beforeEach, test } from 'node:test';
import { GantryError, systemClock } from '../base/index.ts';
import { type Job, jobStatus } from '../model/index.ts';
import type { Store } from '../store/index.ts';
import type { JobQueue, OpInput } from './job-queue.ts';
import { newDirectory, openFixture, type QueueFixture } from './queue-fixture.ts';
import { testOperations } from './test-operations.ts';

const delay = (duration: number): OpInput => ({ OP_ID: 'OP_TEST_DELAY', duration });
const create = (instance_name: string): OpInput => ({ OP_ID: 'OP_INSTANCE_CREATE', instance_name });
const full = { code: 'STORE_FULL' };

const home = await newDirectory();
after(home.remove);
let rounds = 0;
let isFull: boolean;
let fixture: QueueFixture;
let queue: JobQueue;

beforeEach(async () => {
  isFull = false;
  const dir = join(home.dir, String(rounds++));
  await mkdir(join(dir, 'world'), { recursive: true });
  const wrap = (store: Store): Store => ({
    get: (key) => store.get(key),
    range: (prefix, options) => store.range(prefix, options),
    watch: (prefix, after, signal) => store.watch(prefix, after, signal),
    grantLease: (seconds) => store.grantLease(seconds),
    compact: (revision) => store.compact(revision),
    close: () => store.close(),
    transact: async (transaction) => {
      if (isFull) throw new GantryError('STORE_FULL', { store: 'small', detail: 'no room' });
      return store.transact(transaction);
    },
  });
  fixture = await openFixture(dir, { operations: testOperations({ dir: join(dir, 'world') }), wrap, cluster: { max_running_jobs: 1 } });
  queue = fixture.queue;
});
afterEach(() => fixture.close());

async function until(id: number, wanted: string): Promise<Job> {
  let job = (await queue.get(id)) as Job;
  for (let changes = 0; jobStatus(job) !== wanted && changes < 10; changes++) {
    const change = await queue.waitForChange(id, { status: jobStatus(job), timeoutMs: 20_000 });
    assert.ok(change, `job ${id} did not become ${wanted}`);
    job = change.job;
  }
  return job;
}

test('a full store: what somebody waits for is refused at once, what a running job tells waits for room', async () => {
  const running = await queue.submit([delay(0.3)], 'alice');
  const waiting = await queue.submit([create('web1')], 'alice');
  await until(running, 'running');
  isFull = true;
  // By now the running job has ended, and its end waits for room.
  await systemClock.sleep(500);
  assert.equal(jobStatus((await queue.get(running)) as Job), 'running');
  const begin = performance.now();
  await assert.rejects(queue.submit([delay(0)], 'alice'), full);
  await assert.rejects(queue.changePriority(waiting, -5), full);
  await assert.rejects(queue.cancel(waiting), full);
  await assert.rejects(queue.submitMany([[delay(0)], [delay(0)]], 'alice'), full);
  assert.ok(performance.now() - begin < 2000, 'nobody waited for room');
  assert.deepEqual(
    [queue.list().length, jobStatus((await queue.get(waiting)) as Job), (await queue.get(waiting))?.priority],
    [2, 'queued', 0],
  );
  isFull = false;
  await until(running, 'success');
  await until(waiting, 'success');
  const later = await queue.submit([delay(0)], 'alice');
  await until(later, 'success');
  assert.ok(later > waiting, 'no number is given twice');
  assert.deepEqual(
    queue.list().map(({ id }) => id),
    [running, waiting, later],
  );
});

test('an ended job that cannot be archived for want of room stays, and is archived later', async () => {
  const id = await queue.submit([delay(0)], 'alice');
  await until(id, 'success');
  isFull = true;
  await assert.rejects(queue.archive(id), full);
  assert.deepEqual(
    queue.list().map((job) => job.id),
    [id],
  );
  isFull = false;
  await queue.archive(id);
  assert.deepEqual(queue.list(), []);
  assert.equal(jobStatus((await queue.get(id)) as Job), 'success');
});
