import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { jobStatus, keys } from '../../model/index.ts';
import type { CallOptions, JobNodeCaller } from '../../rpc/index.ts';
import { openSqliteStore } from '../../store/index.ts';
import type { Operation, Step, StepContext } from '../saga/operation.ts';
import { alice } from '../testing/queue-fixture.ts';
import { operationMap, testDelay, testSteps } from '../testing/test-operations.ts';
import { end, errorOf, gated, noop, reaches, reboot, statuses, testQueues } from '../testing/test-queues.ts';
import { buildJob } from './build-job.ts';

const { dir, start } = testQueues();

describe('after a restart', () => {
  test('waiting jobs go on, and a step that was interrupted runs again', async () => {
    let runs = 0;
    const steps = (hang: boolean): Step<null>[] => [
      { id: 'a', title: 'a', do: async () => void runs++ },
      {
        id: 'b',
        title: 'b',
        do: ({ signal }) =>
          hang ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))) : Promise.resolve(),
      },
    ];
    const first = await start({
      operations: operationMap(testSteps(steps(true), [{ kind: 'instance', name: 'web1', mode: 'exclusive' }])),
    });
    const ids = await first.queue.submitMany([[reboot], [reboot], [{ ...reboot, depends: [[-1, ['success']]] }]], 'alice');
    await first.queue.waitForChange(1, { status: 'queued', timeoutMs: 1000 });
    await until('the first step is done', () => first.queue.list()[0]?.ops[0]?.execution?.outcomes.length === 1);
    await first.close();
    assert.deepEqual(statuses(first.queue.list()[0]), ['running'], 'not recorded as failed');

    const { queue } = await start({
      operations: operationMap(testSteps(steps(false), [{ kind: 'instance', name: 'web1', mode: 'exclusive' }])),
    });
    for (const id of ids) assert.equal(jobStatus(await end(queue, id)), 'success');
    assert.equal(runs, 3, 'the step with an outcome did not run again');
  });

  test('a step that was begun by an earlier version is repeated under the id that it had then, and undone under its own', async () => {
    const ids: unknown[] = [];
    const fail = () => Promise.reject(new Error('the node did not want it'));
    const nodes = {
      call: async (_: string, __: string, ___: unknown, options?: CallOptions) => void ids.push(options?.stepId),
    } as unknown as JobNodeCaller;
    const call = ({ nodes: { call: ask } }: StepContext<null>) => ask('node1', 'node-info', {}) as unknown as Promise<void>;
    const stop: Step<null> = { id: 'b', title: 'b', do: async (context) => (await call(context), new Promise(() => undefined)) };
    const first = await start({ nodes, operations: operationMap(testSteps([{ id: 'a', title: 'a', do: call, undo: call }, stop])) });
    const id = await first.queue.submit([reboot], 'alice');
    await until('the second step is begun', () => ids.length === 2);
    await first.close();
    const now: Step<null>[] = [
      { id: 'a', title: 'a', do: call, undo: call },
      { id: 'c', title: 'c', formerly: ['b'], do: async (context) => (await call(context), fail()), undo: call },
    ];
    const { queue } = await start({ nodes, operations: operationMap(testSteps(now)) });
    assert.deepEqual(statuses(await end(queue, id)), ['error']);
    assert.deepEqual(ids, ['job/1/0/a', 'job/1/0/b', 'job/1/0/b', 'job/1/0/c/undo', 'job/1/0/a/undo']);
  });

  test('a master that lost its term writes nothing more, and the next one ends its jobs', async () => {
    const { operation } = gated();
    const first = await start({ operations: operationMap(operation, testDelay) });
    const id = await first.queue.submit([reboot], 'alice');
    await reaches(first.queue, id, 'running');
    const store = await openSqliteStore(join(dir(), 'store.db'));
    await store.transact({ compares: [], writes: [{ type: 'delete', key: keys.leader }] });
    const second = await start({
      operations: operationMap(testSteps([{ id: 'hold', title: 'hold', do: async () => undefined }]), testDelay),
    });
    assert.equal(jobStatus(await end(second.queue, id)), 'success');
    const before = await store.range(keys.jobs);
    await assert.rejects(first.queue.submit([noop], 'alice'), { code: 'QUEUE_STOPPED' });
    await assert.rejects(first.queue.submit([noop], 'alice'), { code: 'QUEUE_STOPPED' });
    assert.deepEqual(statuses(await first.queue.get(id)), ['running']);
    assert.deepEqual(await store.range(keys.jobs), before);
    assert.equal(jobStatus(await end(second.queue, await second.queue.submit([noop], 'alice'))), 'success');
    await store.close();
  });

  test('a write that is refused while the lease holds ends the term, so that nobody is answered by a queue that stands still', async () => {
    const { operation } = gated();
    const { queue, leadership, store } = await start({ operations: operationMap(operation, testDelay) });
    const id = await queue.submit([reboot], 'alice');
    await reaches(queue, id, 'running');
    assert.equal(leadership.doubt(), undefined);
    // Nobody but the leader may do so.
    await store.transact({ compares: [], writes: [{ type: 'put', key: keys.jobSerial, value: '7' }] });
    await assert.rejects(queue.submit([noop], 'alice'), { code: 'QUEUE_STOPPED' });
    assert.equal(leadership.doubt()?.code, 'MASTER_STANDS_BY');
    assert.equal((await leadership.lost).code, 'MASTER_STANDS_BY');
  });

  test('a step that ends after the term is not recorded', async () => {
    const { operation, order, open: openGate } = gated();
    const first = await start({ operations: operationMap(operation) });
    const id = await first.queue.submit([reboot], 'alice');
    await until('something ran', () => order.length > 0);
    await first.store.transact({ compares: [], writes: [{ type: 'delete', key: keys.leader }] });
    const before = await first.store.range(keys.jobs);
    const ended = openGate(first.queue, id);
    await assert.rejects(ended, { code: 'QUEUE_STOPPED' });
    assert.deepEqual((await first.store.range(keys.jobs)).entries, before.entries);
  });

  test('what had begun goes on before all others, in the order of priorities and numbers; what is cancelled goes back in its turn', async () => {
    const first = gated([]);
    const before = await start({ operations: operationMap(first.operation) });
    const jobs = [0, 0, 5, 0].map((priority) => [{ ...reboot, priority }]);
    const ids = (await before.queue.submitMany(jobs, 'alice')) as [number, number, number, number];
    await until('all have begun', () => first.order.length === 4);
    await before.close();

    const again = gated([]);
    const next = await start({ operations: operationMap(again.operation), idle: true });
    const urgent = buildJob(9, [{ ...reboot, priority: -20 }], alice, 0, []);
    await next.store.transact({ compares: [], writes: [{ type: 'put', key: keys.job(9), value: JSON.stringify(urgent) }] });
    await next.config.transact((draft) =>
      draft.update('cluster', next.config.current.cluster.uuid, (old) => ({ ...old, max_running_jobs: 1 })),
    );
    await next.queue.start();
    const [a, b, c, d] = ids;
    const message = `Job ${c} will be cancelled: step 1 of 1 (hold) is told to end; what it has done by then stays`;
    assert.deepEqual(await next.queue.cancel(c), { cancelled: true, message });
    for (const id of [a, b, d, 9]) await again.open(next.queue, id);
    assert.deepEqual(again.order, [a, b, d, 9]);
    assert.deepEqual(statuses(await next.queue.get(c)), ['canceled']);
  });

  test('a job that goes on keeps to the locks that it waited for, whatever they would be now', async () => {
    const gate = gated([]);
    let locks: Operation['locks'] = () => [];
    const operation: Operation = { ...gate.operation, locks: (params, config) => locks?.(params, config) ?? [] };
    const before = await start({ operations: operationMap(operation) });
    const [a, b] = (await before.queue.submitMany([[reboot], [{ ...reboot, instance_name: 'b' }]], 'alice')) as [number, number];
    await until('both have begun', () => gate.order.length === 2);
    await before.close();

    locks = () => [{ kind: 'instance', name: 'web1', mode: 'exclusive' }];
    const again = gated([]);
    const { queue } = await start({ operations: operationMap({ ...operation, steps: again.operation.steps }) });
    await reaches(queue, b, 'waiting');
    locks = (params) => {
      if (params['instance_name'] === 'b') throw new Error('they cannot be named any more');
      return [];
    };
    for (const id of [a, b]) assert.equal(jobStatus(await again.open(queue, id)), 'success');
  });

  test('a job whose operation is not known here ends with that', async () => {
    const gate = gated([]);
    const before = await start({ operations: operationMap(gate.operation) });
    const id = await before.queue.submit([reboot], 'alice');
    await until('it has begun', () => gate.order.length === 1);
    await before.close();
    const { queue } = await start({ operations: operationMap(testDelay) });
    assert.deepEqual(errorOf(await end(queue, id)).facts, { opcode: 'OP_INSTANCE_REBOOT' });
  });
});
