import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { jobStatus } from '../../model/index.ts';
import type { Store } from '../../store/index.ts';
import type { OpInput } from '../job-queue.ts';
import type { Step } from '../saga/operation.ts';
import { alice } from '../testing/queue-fixture.ts';
import { operationMap, testDelay, testSteps } from '../testing/test-operations.ts';
import { end, errorOf, noop, reboot, testQueues } from '../testing/test-queues.ts';

const { start } = testQueues();
const submitting = (jobs: readonly (readonly OpInput[])[], then: () => Promise<void> = async () => undefined): Step<null>[] => [
  {
    id: 'submit',
    title: 'submit',
    do: async ({ submitJobs }) => {
      const ids = await submitJobs(jobs);
      await then();
      return [...ids];
    },
  },
];
const numbers = (result: unknown) => (_: unknown, outcomes: Readonly<Record<string, unknown>>) => (outcomes['submit'] ?? result) as never;

test('jobs of a step name their parent, run as its user and trace, and it names them', async () => {
  const jobs = Array.from({ length: 120 }, (_, n): OpInput[] => [{ ...noop, ...(n > 0 && { depends: [[-1, ['success']]] }) }]);
  const { queue } = await start({ operations: operationMap({ ...testSteps(submitting(jobs)), result: numbers(null) }, testDelay) });
  const parent = await end(queue, await queue.submit([reboot], alice));
  const ids = Array.from({ length: 120 }, (_, n) => n + 2);
  assert.deepEqual(parent.ops[0]?.result, ids);
  assert.deepEqual(parent.ops[0]?.children, [{ step: 'submit', jobs: ids }]);
  const last = await end(queue, 121);
  assert.equal(jobStatus(last), 'success');
  assert.deepEqual([last.parent, last.user, last.trace], [parent.id, parent.user, parent.trace]);
  assert.deepEqual(last.ops[0]?.input['depends'], [[120, ['success']]], 'counted back beyond the parts in which they are stored');
  assert.equal(await queue.submit([noop], alice), 122);
});

test('large jobs of a step are stored in parts that the store takes', async () => {
  const jobs = Array.from({ length: 6 }, (): OpInput[] => [{ ...noop, comment: 'x'.repeat(200_000) }]);
  const sizes: number[] = [];
  const wrap = (store: Store): Partial<Store> => ({
    transact: (transaction) => (sizes.push(JSON.stringify(transaction).length), store.transact(transaction)),
  });
  const { queue } = await start({ wrap, operations: operationMap({ ...testSteps(submitting(jobs)), result: numbers(null) }, testDelay) });
  assert.deepEqual((await end(queue, await queue.submit([reboot], alice))).ops[0]?.result, [2, 3, 4, 5, 6, 7]);
  assert.ok(Math.max(...sizes) < 700_000, `${Math.max(...sizes)} bytes in one transaction`);
});

test('a step that runs again submits nothing twice, whatever became of its jobs', async () => {
  let hangs = false;
  const hang = () => ((hangs = true), new Promise<void>(() => undefined));
  const jobs = [[noop], [noop]];
  const first = await start({ operations: operationMap(testSteps(submitting(jobs, hang)), testDelay) });
  const id = await first.queue.submit([reboot], alice);
  await until('it has submitted', () => hangs);
  for (const child of [2, 3]) await end(first.queue, child);
  await first.queue.archive(2);
  await first.close();
  const { queue } = await start({ operations: operationMap({ ...testSteps(submitting(jobs)), result: numbers(null) }, testDelay) });
  assert.deepEqual((await end(queue, id)).ops[0]?.result, [2, 3]);
  assert.deepEqual(
    queue.list().map((job) => job.id),
    [1, 3],
  );
});

test('a step whose jobs are refused fails, and none of them is there', async () => {
  const wrong = [[noop], [{ OP_ID: 'OP_NONE' }]];
  const { queue } = await start({ operations: operationMap(testSteps(submitting(wrong)), testDelay) });
  const job = await end(queue, await queue.submit([reboot], alice));
  assert.ok(errorOf(job).code);
  assert.equal(queue.list().length, 1);
});
