import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { heardLog } from '../../../test/support/heard-log.ts';
import { until } from '../../../test/support/until.ts';
import { type Clock, GantryError, silentLog, systemClock } from '../../base/index.ts';
import { type Job, jobStatus, keys } from '../../model/index.ts';
import type { Store } from '../../store/index.ts';
import { createLockManager } from '../locks/lock-manager.ts';
import { succeeded } from '../record/job-changes.ts';
import { newRecord } from '../record/job-record.ts';
import type { Operation } from '../saga/operation.ts';
import type { SagaHost } from '../saga/saga-host.ts';
import { alice } from '../testing/queue-fixture.ts';
import { operationMap, testDelay } from '../testing/test-operations.ts';
import { create, end, errorOf, gated, noop, reaches, reboot, statuses, testQueues } from '../testing/test-queues.ts';
import { buildJob } from './build-job.ts';
import { addJob, createScheduler } from './scheduler.ts';

const { start } = testQueues();

describe('order', () => {
  test('is by priority, then by number, and never more run than max_running_jobs', async () => {
    const { operation, order, open: openGate } = gated([]);
    const { queue } = await start({ operations: operationMap(operation), cluster: { max_running_jobs: 1 } });
    const first = await queue.submit([reboot], 'alice');
    const later = [0, 5, -5, 0, -20].map((priority) => [{ ...reboot, priority }]);
    const [a, b, c, d, e] = (await queue.submitMany(later, 'alice')) as [number, number, number, number, number];
    await queue.changePriority(b, -10);
    const full = await queue.waitForChange(a, { status: 'running', timeoutMs: 1000 });
    assert.deepEqual(full?.waitingFor, ['a free place (1 jobs are running)']);
    for (const id of [first, e, b, c, a, d]) await openGate(queue, id);
    assert.deepEqual(order, [first, e, b, c, a, d]);
    await assert.rejects(queue.changePriority(a, 0), { code: 'JOB_ENDED' });
  });

  test('follows dependencies: success runs them, other ends fail or cancel them', async () => {
    const { queue } = await start();
    const bad = [create('web1', { os_type: 'broken' })];
    const on = (job: number, wanted: string[]) => [{ ...noop, depends: [[job, wanted]] }];
    const [failed, afterAny, afterSuccess, chained] = (await queue.submitMany(
      [bad, on(-1, []), on(-2, ['success']), on(-1, ['success', 'error'])],
      'alice',
    )) as [number, number, number, number];
    assert.equal(jobStatus(await end(queue, failed)), 'error');
    assert.equal(jobStatus(await end(queue, afterAny)), 'success');
    const refused = await end(queue, afterSuccess);
    assert.equal(errorOf(refused).code, 'JOB_DEPENDENCY_FAILED');
    assert.equal(jobStatus(await end(queue, chained)), 'success');
    await queue.archive(failed);
    assert.equal(jobStatus(await end(queue, await queue.submit(on(failed, ['error']), 'alice'))), 'success', 'also on archived jobs');
    await assert.rejects(queue.submit(on(99, []), 'alice'), { code: 'JOB_DEPENDENCY_UNKNOWN' });
    await assert.rejects(queue.submit(on(-1, []), 'alice'), { code: 'JOB_DEPENDENCY_UNKNOWN' });
  });
});

describe('cancelling', () => {
  test('ends jobs that wait, and those that need their success', async () => {
    const { operation, open: openGate } = gated();
    const { queue } = await start({ operations: operationMap(operation) });
    const [running, locked, depending] = (await queue.submitMany(
      [[reboot], [reboot], [{ ...reboot, depends: [[-1, ['success']]] }]],
      'alice',
    )) as [number, number, number];
    await reaches(queue, locked, 'waiting');
    await reaches(queue, running, 'running');
    assert.deepEqual(await queue.cancel(locked), { cancelled: true, message: `Job ${locked} canceled` });
    const job = await end(queue, locked);
    assert.deepEqual(statuses(job), ['canceled']);
    assert.equal(job.ops[0]?.result, 'Job canceled by request');
    assert.deepEqual(statuses(await end(queue, depending)), ['canceled']);
    assert.deepEqual(queue.locks()[0]?.pending, []);
    await openGate(queue, running);
    assert.equal((await queue.cancel(running)).cancelled, false);
    await assert.rejects(queue.cancel(99), { code: 'JOB_UNKNOWN' });
  });
});

describe('a waiting job', () => {
  test('says for which jobs it waits, and how they stand', async () => {
    const gate = gated([]);
    const { queue } = await start({ operations: operationMap(gate.operation, testDelay), cluster: { max_running_jobs: 2 } });
    const [ended, running, queued] = (await queue.submitMany([[noop], [reboot], [reboot]], 'alice')) as [number, number, number];
    await end(queue, ended);
    await reaches(queue, running, 'running');
    const [waiting] = (await queue.submitMany(
      [
        [
          {
            ...noop,
            depends: [
              [ended, []],
              [running, []],
              [queued, ['success']],
            ],
          },
        ],
      ],
      'alice',
    )) as [number];
    await reaches(queue, waiting, 'waiting');
    await reaches(queue, queued, 'running');
    assert.deepEqual(queue.present(waiting)?.waitingFor, [`job ${running} (running)`, `job ${queued} (running)`]);
    await gate.open(queue, running);
    await until('it waits for the other', () => queue.present(waiting)?.waitingFor.length === 1);
    assert.equal(jobStatus((await queue.get(waiting)) as Job), 'waiting');
    await gate.open(queue, queued);
    assert.equal(jobStatus(await end(queue, waiting)), 'success');
    assert.deepEqual(queue.present(waiting)?.waitingFor, []);
  });

  test('for a lock goes where its new priority puts it', async () => {
    const { operation, order, open } = gated();
    const { queue } = await start({ operations: operationMap(operation) });
    const [first, second, third] = (await queue.submitMany([[reboot], [reboot], [reboot]], 'alice')) as [number, number, number];
    await reaches(queue, third, 'waiting');
    await queue.changePriority(third, -1);
    for (const id of [first, third, second]) await open(queue, id);
    assert.deepEqual(order, [first, third, second]);
  });

  test('that is cancelled while it waits for a place does not run when there is one', async () => {
    const gate = gated([]);
    const { queue } = await start({ operations: operationMap(gate.operation), cluster: { max_running_jobs: 1 } });
    const [first, second, third] = (await queue.submitMany([[reboot], [reboot], [reboot]], 'alice')) as [number, number, number];
    assert.equal((await queue.cancel(second)).cancelled, true);
    assert.equal((await queue.cancel(second)).message, `Job ${second} has ended already (canceled)`);
    for (const id of [first, third]) await gate.open(queue, id);
    assert.deepEqual(gate.order, [first, third]);
    assert.deepEqual(statuses(await queue.get(second)), ['canceled']);
  });

  test('is being cancelled until that is stored, and then those go on that wait for it', async () => {
    const held = Promise.withResolvers<void>();
    let isHeld = false;
    const wrap = (store: Store): Partial<Store> => ({
      transact: async (transaction) => {
        if (isHeld) await held.promise;
        return store.transact(transaction);
      },
    });
    const { operation, open } = gated();
    const { queue } = await start({ operations: operationMap(operation, testDelay), wrap });
    const depends = [{ ...noop, depends: [[-1, []]] }];
    const [first, second, after] = (await queue.submitMany([[reboot], [reboot], depends], 'alice')) as [number, number, number];
    await reaches(queue, second, 'waiting');
    isHeld = true;
    const canceled = queue.cancel(second);
    assert.deepEqual(statuses((await queue.get(second)) as Job), ['canceling']);
    assert.deepEqual(await queue.cancel(second), { cancelled: true, message: `Job ${second} is being cancelled` });
    assert.deepEqual(queue.locks()[0]?.pending, [], 'it waits for no lock any more');
    isHeld = false;
    held.resolve();
    assert.deepEqual(await canceled, { cancelled: true, message: `Job ${second} canceled` });
    assert.equal(jobStatus(await end(queue, after)), 'success');
    await open(queue, first);
  });

  test('that cannot be cancelled for want of room waits on for its lock', async () => {
    let isFull = false;
    const wrap = (store: Store): Partial<Store> => ({
      transact: async (transaction) => {
        if (isFull) throw new GantryError('STORE_FULL', { store: 'test', detail: 'no room' });
        return store.transact(transaction);
      },
    });
    const { operation, open } = gated();
    const { queue } = await start({ operations: operationMap(operation), wrap });
    const [first, second] = (await queue.submitMany([[reboot], [reboot]], 'alice')) as [number, number];
    await reaches(queue, second, 'waiting');
    isFull = true;
    await assert.rejects(queue.cancel(second), { code: 'STORE_FULL' });
    isFull = false;
    assert.deepEqual(queue.locks()[0]?.pending, [{ job: second, mode: 'exclusive' }]);
    for (const id of [first, second]) assert.equal(jobStatus(await open(queue, id)), 'success');
  });

  test('that is cancelled while the jobs are looked up on which it depends stays cancelled', async () => {
    const gate = Promise.withResolvers<void>();
    let looked = 0;
    const wrap = (store: Store): Partial<Store> => ({
      get: async (key) => {
        if (key === keys.archivedJob(1) && ++looked === 2) await gate.promise;
        return store.get(key);
      },
    });
    const { queue } = await start({ operations: operationMap(testDelay), wrap });
    await end(queue, await queue.submit([noop], 'alice'));
    await queue.archive(1);
    const id = await queue.submit([{ ...noop, depends: [[1, []]] }], 'alice');
    await until('it is looked up', () => looked === 2);
    assert.equal((await queue.cancel(id)).cancelled, true);
    gate.resolve();
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    assert.deepEqual(statuses(await queue.get(id)), ['canceled']);
    assert.deepEqual(await queue.autoArchive(-1), 1);
  });

  test('says at which step it is when it is cancelled; one that does not listen ends by itself', async () => {
    const { operation, order, open } = gated();
    const { queue } = await start({ operations: operationMap(operation) });
    const id = await queue.submit([reboot], 'alice');
    await until('it holds', () => order.length > 0);
    const message = `Job ${id} will be cancelled: step 1 of 1 (hold) is told to end; what it has done by then stays`;
    assert.deepEqual(await queue.cancel(id), { cancelled: true, message });
    assert.deepEqual(await queue.cancel(id), { cancelled: true, message: `Job ${id} is being cancelled` });
    assert.deepEqual(statuses(await queue.get(id)), ['canceling']);
    await open(queue, id);
    assert.deepEqual(await queue.cancel(id), { cancelled: false, message: `Job ${id} has ended already (success)` });
  });
});

test('a job whose locks cannot be named fails with the reason, also when it is cancelled meanwhile; its place is free again', async () => {
  const held = Promise.withResolvers<void>();
  let isHeld = false;
  const wrap = (store: Store): Partial<Store> => ({
    transact: async (transaction) => {
      const ends = transaction.writes.some((write) => write.type === 'put' && write.key === keys.job(2));
      if (isHeld && ends) await held.promise;
      return store.transact(transaction);
    },
  });
  const gate = gated([]);
  const locks: Operation['locks'] = () => {
    isHeld = true;
    throw new GantryError('JOB_UNKNOWN', { job: 4711 });
  };
  const operations = operationMap(gate.operation, { ...testDelay, locks });
  const { queue } = await start({ operations, wrap, cluster: { max_running_jobs: 1 } });
  const [first, broken, last] = (await queue.submitMany([[reboot], [noop], [reboot]], 'alice')) as [number, number, number];
  await gate.open(queue, first);
  await until('its locks are named', () => isHeld);
  const answer = queue.cancel(broken);
  assert.deepEqual(gate.order, [first], 'it has the only place');
  held.resolve();
  assert.deepEqual(await answer, { cancelled: false, message: `Job ${broken} has ended already (error)` });
  assert.equal(errorOf(await end(queue, broken)).code, 'JOB_UNKNOWN');
  assert.equal(jobStatus(await gate.open(queue, last)), 'success');
});

test('a job that ends just when another one begins to wait for it does not let that wait for ever', async () => {
  const cluster = { max_running_jobs: 0 };
  const host = {
    clock: systemClock,
    log: silentLog,
    access: { sightOf: () => undefined },
    signal: new AbortController().signal,
    config: { current: { cluster } },
  } as unknown as SagaHost;
  const parts = { host, locks: createLockManager(), archived: async () => undefined, onOpFinished: undefined };
  const scheduler = createScheduler({ ...parts, jobs: new Map() });
  const ended = succeeded(0, null, [1, 0])(buildJob(1, [noop], alice, 0, []));
  let looks = 0;
  const first = newRecord(ended, 1);
  // Not ended when it is looked at first.
  Object.defineProperty(first, 'job', { get: () => (looks++ === 0 ? buildJob(1, [noop], alice, 0, []) : ended) });
  scheduler.jobs.set(1, first);
  const second = newRecord(buildJob(2, [{ ...noop, depends: [[1, ['success']]] }], alice, 0, []), 1);
  addJob(scheduler, second);
  assert.equal(second.phase, 'depends');
  await until('it is ready', () => second.phase === 'ready');
  assert.equal(scheduler.unfinished, 1);
});

test('jobs that got their locks go before those that have none yet, by their present priority', async () => {
  const gate = gated();
  const locks: Operation['locks'] = ({ instance_name: name }) => {
    if (name === 'free') return [];
    return [{ kind: 'instance', name: 'web1', mode: name === 'writer' ? 'exclusive' : 'shared' }];
  };
  const { queue } = await start({ operations: operationMap({ ...gate.operation, locks }), cluster: { max_running_jobs: 2 } });
  const submit = (instance_name: string, priority = 0) => queue.submit([{ ...reboot, instance_name, priority }], 'alice');
  const writer = await submit('writer');
  const [c, d, e] = [await submit('reader'), await submit('reader'), await submit('reader')];
  await reaches(queue, e, 'waiting');
  const other = await submit('free');
  const urgent = await submit('free', -20);
  await until('both places are taken', () => gate.order.length === 2);
  assert.deepEqual(
    [writer, other, urgent].map((id) => queue.present(id)?.waitingFor),
    [[], [], ['a free place (2 jobs are running)']],
  );
  await gate.open(queue, writer);
  await until('one of the readers runs', () => gate.order.length === 3);
  assert.deepEqual(
    [d, e].map((id) => queue.present(id)?.waitingFor),
    [['a free place (2 jobs are running)'], ['a free place (2 jobs are running)']],
  );
  await queue.changePriority(e, -5);
  for (const id of [c, e, d, urgent, other]) await gate.open(queue, id);
  assert.deepEqual(gate.order, [writer, other, c, e, d, urgent]);
});

test('a queue that stops begins nothing more, though a job ends just then', async () => {
  const gate = gated([]);
  const held = Promise.withResolvers<void>();
  let ends = 0;
  const wrap = (store: Store): Partial<Store> => ({
    transact: async (transaction) => {
      if (gate.order.length > 0 && transaction.writes.some((write) => write.type === 'put' && write.value.includes('"success"'))) {
        ends++;
        await held.promise;
      }
      return store.transact(transaction);
    },
  });
  const { queue } = await start({ operations: operationMap(gate.operation), wrap, cluster: { max_running_jobs: 1 } });
  const [first, second] = (await queue.submitMany([[reboot], [reboot]], 'alice')) as [number, number];
  await until('the first one holds', () => gate.order.length === 1);
  gate.open(queue, first).catch((error: unknown) => error);
  await until('its end is being written', () => ends === 1);
  const stopped = queue.stop();
  held.resolve();
  await stopped;
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  assert.deepEqual([first, second].map((id) => queue.list().find((job) => job.id === id)).map(statuses), [['success'], ['queued']]);
  assert.deepEqual(gate.order, [first]);
});

test('a stopped queue looks up no dependencies any more', async () => {
  const { log, troubles: lines } = heardLog();
  const gate = Promise.withResolvers<never>();
  let looked = 0;
  const wrap = (store: Store): Partial<Store> => ({
    get: async (key) => (key === keys.archivedJob(1) && ++looked === 2 ? gate.promise : store.get(key)),
  });
  const { queue } = await start({ operations: operationMap(testDelay), wrap, log });
  await end(queue, await queue.submit([noop], 'alice'));
  await queue.archive(1);
  const id = await queue.submit([{ ...noop, depends: [[1, []]] }], 'alice');
  await until('it is looked up', () => looked === 2);
  await queue.stop();
  gate.reject(new GantryError('STORE_UNAVAILABLE', { store: 'test', detail: 'gone' }));
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  assert.deepEqual([lines, statuses(await queue.get(id)), looked], [[], ['queued'], 2]);
});

test('a job waits while the jobs that it depends on cannot be read, and goes on when they can', async () => {
  /** Whether the next reads of the archived job fail. */
  const outages: boolean[] = [];
  const wrap = (store: Store): Partial<Store> => ({
    get: async (key) => {
      if (key === keys.archivedJob(1) && outages.shift()) throw new GantryError('STORE_UNAVAILABLE', { store: 'test', detail: 'gone' });
      return store.get(key);
    },
  });
  const pauses: number[] = [];
  const clock: Clock = {
    now: () => systemClock.now(),
    sleep: (ms, signal) => {
      if (ms === 1000) pauses.push(ms);
      return systemClock.sleep(ms === 1000 ? 1 : ms, signal);
    },
  };
  const { log, troubles: lines } = heardLog();
  const { queue } = await start({ operations: operationMap(testDelay), wrap, clock, log });
  await queue.submit([noop], 'alice');
  await end(queue, 1);
  await queue.archive(1);
  // The submission itself looks first.
  outages.push(false, true, true, true);
  const second = await queue.submit([{ ...noop, depends: [[1, ['success']]] }], 'alice');
  assert.equal(jobStatus(await end(queue, second)), 'success');
  assert.deepEqual([outages, pauses], [[], [1000, 1000, 1000]]);
  const text = 'the jobs that a job depends on could not be read';
  assert.deepEqual(
    lines.map((line) => [line.level, line.text, line.facts['job']]),
    [1, 2, 3].map(() => ['warn', text, second]),
  );
});
