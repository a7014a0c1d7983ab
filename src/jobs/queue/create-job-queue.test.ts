import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { heardLog } from '../../../test/support/heard-log.ts';
import { until } from '../../../test/support/until.ts';
import { type Job, jobStatus, keys } from '../../model/index.ts';
import type { Store } from '../../store/index.ts';
import type { OpInput } from '../job-queue.ts';
import { effects, operationMap, testDelay } from '../testing/test-operations.ts';
import { create, end, gated, noop, reaches, reboot, testQueues } from '../testing/test-queues.ts';

const { start, world } = testQueues();

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

  test('is stored as Ganeti has it: times, and a trail of reasons that names the user', async () => {
    const { queue } = await start();
    const id = await queue.submit([{ ...noop, reason: [['gnt:client', 'why not', 1]], priority: -3 }], 'alice');
    const job = await end(queue, id);
    const { reason } = job.ops[0]?.input as { reason: [string, string, number][] };
    assert.deepEqual(
      reason.map(([source, text]) => [source, text]),
      [
        ['gnt:client', 'why not'],
        ['gantry:user:alice', 'test_delay'],
        ['gnt:opcode:test_delay', 'job=1;index=0'],
      ],
    );
    assert.equal(job.priority, -3);
    for (const time of [job.received_ts, job.start_ts, job.end_ts, job.ops[0]?.exec_ts]) assert.equal(time?.length, 2);
  });

  test('is refused when an opcode is not valid, and nothing of the submission is stored', async () => {
    const { queue } = await start();
    await assert.rejects(queue.submitMany([[noop], [{ OP_ID: 'OP_TEST_DELAY', duration: -1 }]], 'alice'), { code: 'INPUT_INVALID' });
    await assert.rejects(queue.submit([{ OP_ID: 'OP_NONSENSE' }], 'alice'), { code: 'INPUT_INVALID' });
    await assert.rejects(queue.submit([], 'alice'), { code: 'INPUT_INVALID' });
    assert.deepEqual(queue.list(), []);
    assert.equal(await queue.submit([noop], 'alice'), 1, 'no number is lost');
  });

  test('that is too large for the store is refused', async () => {
    const { queue } = await start();
    const tags = Array.from({ length: 8000 }, (_, i) => `${i}`.padStart(128, 'x'));
    await assert.rejects(queue.submit([{ OP_ID: 'OP_TAGS_SET', kind: 'cluster', tags }], 'alice'), { code: 'JOB_TOO_LARGE' });
    assert.equal(await queue.submit([noop], 'alice'), 1);
  });
});

describe('the queue', () => {
  test('takes no jobs while it is drained, or full', async () => {
    const { queue, config } = await start({ unfinishedLimit: 2 });
    await config.transact((draft) => draft.update('cluster', config.current.cluster.uuid, (old) => ({ ...old, drained: true })));
    await assert.rejects(queue.submit([noop], 'alice'), { code: 'QUEUE_DRAINED' });
    await config.transact((draft) => draft.update('cluster', config.current.cluster.uuid, (old) => ({ ...old, drained: false })));
    await assert.rejects(queue.submitMany([[noop], [noop], [noop]], 'alice'), { code: 'QUEUE_FULL' });
    assert.deepEqual(await queue.submitMany([[noop], [noop]], 'alice'), [1, 2]);
  });

  test('archives ended jobs, which can still be read', async () => {
    const { operation, open: openGate } = gated();
    const { queue, close } = await start({ operations: operationMap(operation, testDelay) });
    const ended = await end(queue, await queue.submit([noop], 'alice'));
    const running = await queue.submit([reboot], 'alice');
    await assert.rejects(queue.archive(running), { code: 'JOB_NOT_FINISHED' });
    await Promise.all([queue.archive(ended.id), queue.archive(ended.id)]);
    assert.deepEqual(
      queue.list().map(({ id }) => id),
      [running],
    );
    assert.deepEqual(await queue.get(ended.id), ended);
    assert.deepEqual((await queue.waitForChange(ended.id, { timeoutMs: 1 }))?.job, ended);
    await openGate(queue, running);
    assert.equal(await queue.autoArchive(3600), 0);
    assert.equal(await queue.autoArchive(-1), 1);
    assert.deepEqual(queue.list(), []);
    await assert.rejects(queue.archive(99), { code: 'JOB_UNKNOWN' });
    await close();
    const next = await start();
    assert.equal(await next.queue.submit([noop], 'alice'), 3, 'numbers are not used twice');
    assert.deepEqual(await next.queue.get(ended.id), ended);
  });

  test('does nothing before it starts and after it stops', async () => {
    const { queue, close } = await start({ idle: true });
    const asked: (() => Promise<unknown>)[] = [
      () => queue.submit([noop], 'alice'),
      () => queue.submit([noop], 'alice', { key: 'k', fingerprint: 'f' }),
      () => queue.submitMany([[noop]], 'alice'),
      () => queue.cancel(99),
      () => queue.archive(99),
      () => queue.archive(1),
      () => queue.autoArchive(0),
      () => queue.changePriority(99, 0),
      () => queue.waitForChange(99, { timeoutMs: 1 }),
      () => queue.waitForChange(1, { timeoutMs: 1 }),
    ];
    const refuseAll = async (reason: string) => {
      for (const ask of asked) await assert.rejects(ask(), { code: 'QUEUE_STOPPED', facts: { reason } }, String(ask));
    };
    await refuseAll('it has not begun yet');
    assert.deepEqual(
      [queue.list(), queue.locks(), queue.present(1), await queue.look(1), await queue.get(1)],
      [[], [], undefined, undefined, undefined],
    );
    await queue.start();
    await end(queue, await queue.submit([noop], 'alice'));
    await queue.archive(1);
    await queue.stop();
    await refuseAll('it was stopped');
    await assert.rejects(queue.start(), { code: 'QUEUE_STOPPED' });
    await close();
  });

  test('shows a job as it is now, also an archived one', async () => {
    const { operation, order, open } = gated();
    const { queue } = await start({ operations: operationMap(operation, testDelay) });
    const [first, second] = (await queue.submitMany([[reboot], [reboot]], 'alice')) as [number, number];
    await until('the first one holds', () => order.length > 0);
    await reaches(queue, second, 'waiting');
    const progress = { step: 'hold', index: 1, count: 1, fraction: null, text: '' };
    assert.deepEqual(queue.present(first), { job: queue.list()[0], progress, waitingFor: [] });
    assert.deepEqual(await queue.look(first), queue.present(first));
    assert.deepEqual(queue.present(second)?.waitingFor, [`instance web1 (held by job ${first})`]);
    const ended = await open(queue, first);
    await queue.archive(first);
    await queue.archive(first);
    assert.equal(queue.present(first), undefined);
    assert.deepEqual(await queue.look(first), { job: ended, progress: null, waitingFor: [] });
    assert.deepEqual(await queue.waitForChange(first, { timeoutMs: 1 }), { job: ended, progress: null, waitingFor: [] });
    assert.equal(await queue.look(99), undefined);
    assert.equal(await queue.get(99), undefined);
    await open(queue, second);
  });

  test('takes whole priorities from -20 to 19 for jobs that have not ended', async () => {
    const { operation, open } = gated();
    const { queue, store } = await start({ operations: operationMap(operation) });
    const id = await queue.submit([reboot], 'alice');
    for (const priority of [-21, 20, 1.5, Number.NaN])
      await assert.rejects(queue.changePriority(id, priority), {
        code: 'INPUT_INVALID',
        facts: { subject: 'job', field: 'priority', problem: 'must be a whole number from -20 to 19' },
      });
    for (const priority of [-20, 19, 0, 7]) {
      await queue.changePriority(id, priority);
      assert.equal(queue.list()[0]?.priority, priority);
      assert.equal((JSON.parse((await store.get(keys.job(id)))?.value ?? '') as Job).priority, priority);
    }
    await open(queue, id);
    await assert.rejects(queue.changePriority(id, 0), { code: 'JOB_ENDED', facts: { job: id, status: 'success' } });
    await assert.rejects(queue.changePriority(99, 0), { code: 'JOB_UNKNOWN', facts: { job: 99 } });
  });

  test('tells who follows a waiting job when the reason changes, as long as anybody does', async () => {
    const gate = gated([]);
    const { queue, config } = await start({ operations: operationMap(gate.operation), cluster: { max_running_jobs: 2 } });
    const [a, b, c] = (await queue.submitMany([[reboot], [reboot], [reboot], [reboot], [reboot]], 'alice')) as [number, number, number];
    await queue.changePriority(c, 19);
    const follow = (timeoutMs: number) => queue.waitForChange(c, { status: 'queued', progress: true, timeoutMs });
    await reaches(queue, b, 'running');
    assert.deepEqual((await queue.look(c))?.waitingFor, ['a free place (2 jobs are running)']);
    const long = follow(20_000);
    assert.equal(await follow(1), undefined);
    await config.transact((draft) => draft.update('cluster', config.current.cluster.uuid, (old) => ({ ...old, max_running_jobs: 1 })));
    await gate.open(queue, a);
    assert.deepEqual((await long)?.waitingFor, ['a free place (1 jobs are running)']);
    await Promise.all(queue.list().map(({ id }) => gate.open(queue, id)));
  });

  test('stops when what it writes is written', async () => {
    const gate = Promise.withResolvers<void>();
    let held = 0;
    let isHeld = false;
    const wrap = (store: Store): Partial<Store> => ({
      async transact(transaction) {
        if (isHeld) {
          held++;
          await gate.promise;
        }
        return store.transact(transaction);
      },
    });
    const { queue, store } = await start({ wrap });
    isHeld = true;
    const submitted = queue.submit([noop], 'alice');
    await until('the write is under way', () => held > 0);
    let stopped = false;
    const stop = queue.stop().then(() => {
      stopped = true;
    });
    await new Promise(setImmediate);
    assert.equal(stopped, false);
    gate.resolve();
    assert.equal(await submitted, 1);
    await stop;
    assert.ok(await store.get(keys.job(1)));
  });

  test('begins when its configuration is as new as the jobs that it found', async () => {
    const gate = Promise.withResolvers<void>();
    const wrap = (store: Store): Partial<Store> => ({
      async *watch(prefix, after, signal) {
        for await (const batch of store.watch(prefix, after, signal)) {
          await gate.promise;
          yield batch;
        }
      },
    });
    const fixture = await start({ wrap, idle: true });
    const { cluster } = fixture.config.current;
    const value = JSON.stringify({ ...cluster, tags: ['new'] });
    await fixture.store.transact({ compares: [], writes: [{ type: 'put', key: keys.cluster, value }] });
    let started = false;
    const starting = fixture.queue.start().then(() => {
      started = true;
    });
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    assert.deepEqual([started, fixture.config.current.cluster.tags], [false, []]);
    gate.resolve();
    await starting;
    assert.deepEqual(fixture.config.current.cluster.tags, ['new']);
  });

  test('seals the secrets of an opcode before it is stored anywhere', async () => {
    const sealOp = (op: OpInput): OpInput => ({ ...op, sealed: 'yes' });
    const { queue, store } = await start({ sealOp });
    const id = await queue.submit([noop], 'alice');
    assert.equal(queue.list()[0]?.ops[0]?.input['sealed'], 'yes');
    assert.match((await store.get(keys.job(id)))?.value ?? '', /"sealed":"yes"/);
    await end(queue, id);
  });

  test('tells of each opcode that has ended, and is not hindered by who listens', async () => {
    const { log, troubles: lines } = heardLog();
    const told: unknown[] = [];
    const onOpFinished = (job: Job, index: number) => {
      told.push([job.id, index, job.ops[index]?.status]);
      throw new Error('a listener fails');
    };
    const { queue } = await start({ log, onOpFinished });
    await end(queue, await queue.submit([create('web1'), noop], 'alice'));
    await end(queue, await queue.submit([create('web2', { os_type: 'broken' }), noop], 'alice'));
    await until('all are told', () => told.length === 3);
    assert.deepEqual(told, [
      [1, 0, 'success'],
      [1, 1, 'success'],
      [2, 0, 'error'],
    ]);
    const failures = lines.filter(({ text }) => text === 'a listener for finished opcodes failed');
    assert.deepEqual(
      failures.map(({ level, facts }) => [level, facts['job'], String(facts['err'])]),
      [1, 1, 2].map((job) => ['error', job, 'Error: a listener fails']),
    );
  });
});
