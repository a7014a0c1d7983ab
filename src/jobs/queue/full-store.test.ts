import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { GantryError } from '../../base/index.ts';
import { jobStatus } from '../../model/index.ts';
import type { Store } from '../../store/index.ts';
import type { JobQueue } from '../job-queue.ts';
import { alice } from '../testing/queue-fixture.ts';
import { operationMap, testDelay } from '../testing/test-operations.ts';
import { end, gated, noop, reaches, reboot, testQueues } from '../testing/test-queues.ts';

const full = { code: 'STORE_FULL' };

const { start } = testQueues();
let isFull: boolean;
/** Writes that the store refused for want of room. */
let refused: number;
let gate: ReturnType<typeof gated>;
let queue: JobQueue;

beforeEach(async () => {
  isFull = false;
  refused = 0;
  gate = gated();
  const wrap = (store: Store): Partial<Store> => ({
    async transact(transaction) {
      if (!isFull) return store.transact(transaction);
      refused++;
      throw new GantryError('STORE_FULL', { store: 'small', detail: 'no room' });
    },
  });
  ({ queue } = await start({ operations: operationMap(gate.operation, testDelay), wrap, cluster: { max_running_jobs: 1 } }));
});

test('a full store: what somebody waits for is refused at once, what a running job tells waits for room', async () => {
  const running = await queue.submit([reboot], alice);
  const waiting = await queue.submit([noop], alice);
  await reaches(queue, running, 'running');
  isFull = true;
  const ended = gate.open(queue, running);
  await until('the end of the running job is refused', () => refused > 0);
  assert.equal(jobStatus(await reaches(queue, running, 'running')), 'running');
  await assert.rejects(queue.submit([noop], alice), full);
  await assert.rejects(queue.changePriority(waiting, -5), full);
  await assert.rejects(queue.cancel(waiting), full);
  await assert.rejects(queue.submitMany([[noop], [noop]], alice), full);
  assert.deepEqual(
    queue.list().map((job) => [job.id, jobStatus(job), job.priority]),
    [
      [running, 'running', 0],
      [waiting, 'queued', 0],
    ],
  );
  isFull = false;
  assert.equal(jobStatus(await ended), 'success');
  await reaches(queue, waiting, 'success');
  const later = await queue.submit([noop], alice);
  await reaches(queue, later, 'success');
  assert.ok(later > waiting, 'no number is given twice');
  assert.deepEqual(
    queue.list().map(({ id }) => id),
    [running, waiting, later],
  );
});

test('an ended job that cannot be archived for want of room stays, and is archived later', async () => {
  const id = await queue.submit([noop], alice);
  await end(queue, id);
  isFull = true;
  await assert.rejects(queue.archive(id), full);
  assert.deepEqual(
    queue.list().map((job) => job.id),
    [id],
  );
  isFull = false;
  await queue.archive(id);
  assert.deepEqual(queue.list(), []);
  assert.equal((await queue.get(id))?.ops[0]?.status, 'success');
});
