import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { until } from '../../test/support/until.ts';
import { type Clock, type ErrorReport, GantryError, seededRandom, systemClock } from '../base/index.ts';
import { type Job, type JobOp, type JobStatus, jobStatus, keys, type Touch } from '../model/index.ts';
import type { NodeCaller } from '../rpc/index.ts';
import { openSqliteStore, type Store, type Transaction } from '../store/index.ts';
import { ganetiOpresult } from './ganeti-opresult.ts';
import type { JobQueue, OpInput } from './job-queue.ts';
import type { Step, StepContext, WorldStep } from './operation.ts';
import { type FixtureOptions, newDirectory, openFixture, type QueueFixture } from './queue-fixture.ts';
import { effects, operationMap, testDelay, testOperations, testSteps } from './test-operations.ts';

const reboot: OpInput = { OP_ID: 'OP_INSTANCE_REBOOT', instance_name: 'web1' };
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

const statuses = (job: Job | undefined) => job?.ops.map(({ status }) => status);

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

  test('that fails undoes its steps and leaves nothing; the opcodes behind it do not run', async () => {
    const { queue, config } = await start();
    const job = await end(queue, await queue.submit([create('web1', { os_type: 'broken' }), noop], 'alice'));
    assert.deepEqual(statuses(job), ['error', 'error']);
    assert.equal(errorOf(job).code, 'INTERNAL');
    assert.match(errorOf(job).what, /the guest does not boot/);
    assert.equal(errorOf(job, 1).code, 'JOB_PRECEDING_FAILED');
    assert.deepEqual(job.ops[0]?.execution?.undoing?.undone, ['start', 'create disk 1', 'create disk 0', 'reserve']);
    assert.deepEqual(await effects(world()), []);
    assert.equal(config.current.instances.size, 0);
    const again = await end(queue, await queue.submit([create('web1')], 'alice'));
    assert.equal(jobStatus(again), 'success', 'the name is free again');
    assert.match(JSON.stringify(ganetiOpresult(job.ops[0])), /^\["OpExecError",\["Internal error/);
  });

  test('that fails while planning has changed nothing', async () => {
    const plan = async () => {
      throw new GantryError('TAG_MISSING', { subject: 'cluster', tag: 'a' });
    };
    const { queue } = await start({ operations: operationMap({ ...testDelay, plan }) });
    const job = await end(queue, await queue.submit([noop], 'alice'));
    assert.equal(errorOf(job).code, 'TAG_MISSING');
    assert.deepEqual(ganetiOpresult(job.ops[0] as JobOp), ['OpPrereqError', ['Tag(s) a not found', 'unknown_entity']]);
  });

  test('with dry_run ends after the plan, which is its result', async () => {
    const { queue, config } = await start();
    const job = await end(queue, await queue.submit([create('web1', { dry_run: true })], 'alice'));
    assert.equal(jobStatus(job), 'success');
    assert.equal((job.ops[0]?.result as { name: string }).name, 'web1');
    assert.equal(config.current.instances.size, 0);
  });

  test('with dry_run is refused by the first changes of the configuration as it would be without, and writes none of them', async () => {
    const operation = testSteps([
      { name: 'first', commit: (draft) => draft.update('cluster', draft.snapshot.cluster.uuid, (old) => ({ ...old, tags: ['written'] })) },
      { name: 'second', commit: (draft) => void draft.need('group', 'gone') },
      { name: 'call a node', do: () => Promise.reject(new Error('a dry run called a node')) },
      { name: 'last', commit: (draft) => void draft.need('node', 'gone') },
    ]);
    const { queue, config } = await start({ operations: operationMap(operation) });
    const reboot = { OP_ID: 'OP_INSTANCE_REBOOT', instance_name: 'web1', dry_run: true };
    const job = await end(queue, await queue.submit([reboot], 'alice'));
    assert.equal(errorOf(job).code, 'OBJECT_UNKNOWN');
    assert.deepEqual(errorOf(job).facts, { kind: 'group', name: 'gone' });
    assert.deepEqual(config.current.cluster.tags, []);
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

  test('whose opcode has no operation here fails with that', async () => {
    const { queue } = await start();
    const job = await end(queue, await queue.submit([{ OP_ID: 'OP_GROUP_ADD', group_name: 'g1' }], 'alice'));
    assert.equal(errorOf(job).code, 'JOB_UNSUPPORTED');
  });
});

describe('steps', () => {
  test('are undone back to the pivot that was passed, not beyond', async () => {
    const done: string[] = [];
    const step = (name: string, more: Partial<WorldStep<null>> = {}): WorldStep<null> => ({
      name,
      do: async () => void done.push(name),
      undo: async () => void done.push(`undo ${name}`),
      ...more,
    });
    const fail = async () => {
      throw new GantryError('TIMED_OUT', { subject: 'x', seconds: 1 });
    };
    const steps = [step('a'), step('b', { pivot: true }), step('c'), step('d', { do: fail })];
    const { queue } = await start({ operations: operationMap(testSteps(steps)) });
    const job = await end(queue, await queue.submit([reboot], 'alice'));
    assert.deepEqual(done, ['a', 'b', 'c', 'undo d', 'undo c']);
    assert.equal(errorOf(job).code, 'TIMED_OUT');
  });

  test('get the outcomes of those before, and log lines with serials over the whole job', async () => {
    const seen: unknown[] = [];
    const steps: Step<null>[] = [
      { name: 'a', do: async ({ log }) => (log('one'), { n: 1, gone: undefined as never }) },
      { name: 'b', do: async ({ log, outcomes }) => (log('two'), void seen.push(outcomes)) },
      { name: 'c', do: async ({ outcomes }) => void seen.push(outcomes) },
    ];
    const { queue } = await start({ operations: operationMap(testSteps(steps)) });
    const job = await end(queue, await queue.submit([reboot, reboot], 'alice'));
    assert.deepEqual(seen.slice(0, 2), [{ a: { n: 1 } }, { a: { n: 1 }, b: null }]);
    assert.deepEqual(
      job.ops.map(({ log }) => log.map(([serial, , type, text]) => [serial, type, text])),
      [
        [
          [1, 'message', 'one'],
          [2, 'message', 'two'],
        ],
        [
          [3, 'message', 'one'],
          [4, 'message', 'two'],
        ],
      ],
    );
  });

  test('call nodes with the id of the step, undoing with another', async () => {
    const ids: (string | undefined)[] = [];
    const nodes = {
      call: async (_node: string, _method: string, _params: unknown, options?: { stepId?: string }) => void ids.push(options?.stepId),
    } as unknown as NodeCaller;
    const call = async ({ nodes: caller }: StepContext<null>) => void (await caller.call('n', 'node-info', {}));
    const fail = async () => {
      throw new Error('no');
    };
    const steps: Step<null>[] = [
      { name: 'start it', do: call, undo: call },
      { name: 'fail', do: fail },
    ];
    const { queue } = await start({ operations: operationMap(testSteps(steps)), nodes });
    await end(queue, await queue.submit([reboot], 'alice'));
    assert.deepEqual(ids, ['job/1/0/start it', 'job/1/0/start it/undo']);
  });

  test('whose undo fails are tried again, and then named in the error', async () => {
    let attempts = 0;
    const undone: string[] = [];
    const boom = (text: string) => async () => {
      throw new GantryError('TIMED_OUT', { subject: text, seconds: 1 });
    };
    const steps = (stubborn: boolean): Step<null>[] => [
      { name: 'make disk', do: async () => undefined, undo: async () => void undone.push('disk') },
      {
        name: 'make tap',
        do: async () => undefined,
        undo: async () => {
          if (++attempts < 3 || stubborn) await boom('node1')();
        },
      },
      { name: 'boot', do: boom('the guest') },
    ];
    const first = await start({ operations: operationMap(testSteps(steps(false))) });
    const mended = await end(first.queue, await first.queue.submit([reboot], 'alice'));
    assert.equal(errorOf(mended).code, 'TIMED_OUT');
    assert.deepEqual(undone, ['disk']);
    assert.match(mended.ops[0]?.log.map(([, , , text]) => text).join('\n') ?? '', /attempt 2 of 3/);
    await first.close();
    open.pop();

    const { queue } = await start({ operations: operationMap(testSteps(steps(true))) });
    const job = await end(queue, await queue.submit([reboot], 'alice'));
    assert.equal(errorOf(job).code, 'JOB_UNDO_FAILED');
    assert.equal(errorOf(job).facts['left'], 'make tap, make disk');
    assert.match(errorOf(job).what, /Step "boot" failed \(the guest .*Not undone: make tap, make disk\./);
    assert.deepEqual(undone, ['disk'], 'what lies below is kept: it belongs to what could not be undone');
  });
});

describe('waiting for a job', () => {
  test('ends with a new state, a new line of the log, or the time', async () => {
    const gate = Promise.withResolvers<void>();
    const steps: Step<null>[] = [{ name: 'a', do: async ({ log, progress }) => (progress(0.5, 'half'), log('hello'), gate.promise) }];
    const { queue } = await start({ operations: operationMap(testSteps(steps)) });
    const id = await queue.submit([reboot], 'alice');
    const line = await queue.waitForChange(id, { status: 'running', logSerial: 0, timeoutMs: 10_000 });
    assert.equal(line?.job.ops[0]?.log[0]?.[3], 'hello');
    assert.deepEqual(line?.progress, { step: 'a', index: 1, count: 1, fraction: 0.5, text: 'half' });
    assert.equal(await queue.waitForChange(id, { status: 'running', logSerial: 1, timeoutMs: 20 }), undefined);
    const abort = new AbortController();
    const aborted = queue.waitForChange(id, { status: 'running', timeoutMs: 10_000, signal: abort.signal });
    abort.abort();
    await assert.rejects(aborted, { code: 'CANCELLED' });
    const ended = queue.waitForChange(id, { status: 'running', timeoutMs: 10_000 });
    gate.resolve();
    assert.equal(jobStatus((await ended)?.job as Job), 'success');
    assert.ok(await queue.waitForChange(id, { status: 'success', timeoutMs: 10_000 }), 'an ended job answers at once');
    await assert.rejects(queue.waitForChange(99, { timeoutMs: 1 }), { code: 'JOB_UNKNOWN' });
  });
});

/** An operation that holds exclusive lock `web1` until `open` is called. */
function gated(touches: readonly Touch[] = [{ kind: 'instance', name: 'web1', mode: 'exclusive' }]) {
  const gates: (() => void)[] = [];
  const order: number[] = [];
  const steps: Step<null>[] = [
    {
      name: 'hold',
      do: ({ jobId }) => {
        order.push(jobId);
        return new Promise((resolve) => gates.push(() => resolve()));
      },
    },
  ];
  const open = async (queue: JobQueue, id: number) => {
    for (let change = await queue.get(id); change && jobStatus(change) !== 'running'; change = await queue.get(id)) {
      await queue.waitForChange(id, { status: jobStatus(change), timeoutMs: 10_000 });
    }
    await until('a step waits at the gate', () => gates.length > 0);
    gates.shift()?.();
    return end(queue, id);
  };
  return { operation: testSteps(steps, touches), order, open };
}

async function reaches(queue: JobQueue, id: number, wanted: JobStatus): Promise<void> {
  for (let job = (await queue.get(id)) as Job; jobStatus(job) !== wanted; ) {
    const change = await queue.waitForChange(id, { status: jobStatus(job), timeoutMs: 10_000 });
    assert.ok(change);
    job = change.job;
  }
}

describe('locks', () => {
  test('of waiting jobs are shown: who holds, who waits, and for what', async () => {
    const { operation, open: openGate } = gated();
    const { queue } = await start({ operations: operationMap(operation) });
    const [first, second] = (await queue.submitMany([[reboot], [reboot]], 'alice')) as [number, number];
    await reaches(queue, second, 'waiting');
    const change = await queue.waitForChange(second, { status: 'queued', timeoutMs: 1000 });
    assert.deepEqual(change?.waitingFor, [`instance web1 (held by job ${first})`]);
    assert.deepEqual(queue.locks(), [
      { name: 'instance/web1', level: 'instance', mode: 'exclusive', owners: [first], pending: [{ job: second, mode: 'exclusive' }] },
    ]);
    await openGate(queue, first);
    assert.equal(jobStatus(await openGate(queue, second)), 'success');
    assert.deepEqual(queue.locks(), []);
  });

  test('`allocation` is given back after the step that says so', async () => {
    const gate = Promise.withResolvers<void>();
    const steps: Step<null>[] = [
      { name: 'reserve', commit: () => undefined, releasesAllocation: true },
      { name: 'work', do: () => gate.promise },
    ];
    const operation = testSteps(steps, [{ kind: 'allocation', name: 'allocation', mode: 'exclusive' }]);
    const { queue } = await start({ operations: operationMap(operation) });
    const ids = await queue.submitMany([[reboot], [reboot]], 'alice');
    for (const id of ids) await reaches(queue, id, 'running');
    gate.resolve();
    for (const id of ids) assert.equal(jobStatus(await end(queue, id)), 'success');
  });

  test('a job that waited for an object which was created meanwhile locks it as everybody does', async () => {
    const { queue } = await start();
    const ids = await queue.submitMany(
      [[create('web1')], [create('WEB1')], [{ OP_ID: 'OP_INSTANCE_REMOVE', instance_name: 'web1' }]],
      'alice',
    );
    const [made, refused, removed] = [await end(queue, ids[0] ?? 0), await end(queue, ids[1] ?? 0), await end(queue, ids[2] ?? 0)];
    assert.deepEqual([made, refused, removed].map(jobStatus), ['success', 'error', 'success']);
    assert.equal(errorOf(refused).code, 'NAME_TAKEN');
    assert.deepEqual(await effects(world()), []);
  });
});

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
  test('ends jobs that wait, and those that need their success, but not running ones', async () => {
    const { operation, open: openGate } = gated();
    const { queue } = await start({ operations: operationMap(operation) });
    const [running, locked, depending] = (await queue.submitMany(
      [[reboot], [reboot], [{ ...reboot, depends: [[-1, ['success']]] }]],
      'alice',
    )) as [number, number, number];
    await reaches(queue, locked, 'waiting');
    await reaches(queue, running, 'running');
    const refused = await queue.cancel(running);
    assert.equal(refused.cancelled, false);
    assert.match(refused.message, /Job 1 is running/);
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
    open.pop();
    const next = await start();
    assert.equal(await next.queue.submit([noop], 'alice'), 3, 'numbers are not used twice');
    assert.deepEqual(await next.queue.get(ended.id), ended);
  });

  test('does nothing before it starts and after it stops', async () => {
    const { queue, close } = await start({ idle: true });
    await assert.rejects(queue.submit([noop], 'alice'), { code: 'QUEUE_STOPPED' });
    await queue.start();
    await end(queue, await queue.submit([noop], 'alice'));
    await close();
    open.pop();
    await assert.rejects(queue.submit([noop], 'alice'), { code: 'QUEUE_STOPPED' });
  });
});

describe('while the store fails now and then', () => {
  test('jobs pause and end as if it had not, each effect made once', async () => {
    const random = seededRandom(11);
    let failures = 0;
    /** Sent, given up, and carried out only when the next one is. */
    let late: Transaction | undefined;
    const wrap = (store: Store): Store => ({
      get: (key) => store.get(key),
      range: (prefix, options) => store.range(prefix, options),
      watch: (prefix, after, signal) => store.watch(prefix, after, signal),
      grantLease: (ttl) => store.grantLease(ttl),
      compact: (revision) => store.compact(revision),
      close: () => store.close(),
      async transact(transaction) {
        const luck = random();
        const outage = () => new GantryError('STORE_UNAVAILABLE', { store: 'test', detail: `failure ${++failures}` });
        const before = late;
        late = undefined;
        if (before) await store.transact(before);
        if (luck < 0.1) throw outage();
        if (luck < 0.2) {
          late = transaction;
          throw outage();
        }
        const result = await store.transact(transaction);
        if (luck < 0.4) throw outage();
        return result;
      },
    });
    /** Shortens the pauses between attempts, not the time that the test waits for a job. */
    const clock: Clock = { now: () => systemClock.now(), sleep: (ms, signal) => systemClock.sleep(ms > 10_000 ? ms : 1, signal) };
    const { queue, config } = await start({ wrap, clock });
    const names = Array.from({ length: 10 }, (_, i) => `web${i}`);
    const ids = await Promise.all(names.map((name, i) => queue.submit([create(name, i % 2 ? { os_type: 'broken' } : {})], 'alice')));
    assert.deepEqual(
      ids.toSorted((a, b) => a - b),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
    for (const [i, id] of ids.entries()) assert.equal(jobStatus(await end(queue, id)), i % 2 ? 'error' : 'success');
    assert.ok(failures > 10, `only ${failures} failures`);
    assert.equal((await effects(world())).length, 15);
    assert.deepEqual([...config.current.instances.values()].map(({ name }) => name).sort(), ['web0', 'web2', 'web4', 'web6', 'web8']);
  });
});

describe('a change of the configuration', () => {
  test('that is carried out after it was given up and looked for does not stand in its own way', async () => {
    let late: Transaction | undefined;
    let given = 0;
    const wrap = (store: Store): Store => ({
      range: (prefix, options) => store.range(prefix, options),
      watch: (prefix, after, signal) => store.watch(prefix, after, signal),
      grantLease: (ttl) => store.grantLease(ttl),
      compact: (revision) => store.compact(revision),
      close: () => store.close(),
      async get(key) {
        const entry = await store.get(key);
        const due = key === keys.job(1) ? late : undefined;
        if (due) {
          late = undefined;
          await store.transact(due);
        }
        return entry;
      },
      async transact(transaction) {
        if (given > 0 || !transaction.writes.some(({ key }) => key.startsWith('/config/'))) return store.transact(transaction);
        given++;
        late = transaction;
        throw new GantryError('STORE_UNAVAILABLE', { store: 'test', detail: 'given up' });
      },
    });
    /** Pauses until the change that was given up is seen. */
    const clock: Clock = {
      now: () => systemClock.now(),
      sleep: async (ms, signal) => {
        if (ms > 10_000) return systemClock.sleep(ms, signal);
        await until('there is an instance', () => fixture.config.current.instances.size > 0);
      },
    };
    const fixture = await start({ wrap, clock });
    const job = await end(fixture.queue, await fixture.queue.submit([create('web1')], 'alice'));
    assert.equal(given, 1);
    assert.equal(jobStatus(job), 'success');
    assert.deepEqual(await effects(world()), ['*.disk0', '*.disk1', '*.run']);
  });
});

describe('after a restart', () => {
  test('waiting jobs go on, and a step that was interrupted runs again', async () => {
    let runs = 0;
    const steps = (hang: boolean): Step<null>[] => [
      { name: 'a', do: async () => void runs++ },
      {
        name: 'b',
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
    open.pop();
    assert.deepEqual(statuses(first.queue.list()[0]), ['running'], 'not recorded as failed');

    const { queue } = await start({
      operations: operationMap(testSteps(steps(false), [{ kind: 'instance', name: 'web1', mode: 'exclusive' }])),
    });
    for (const id of ids) assert.equal(jobStatus(await end(queue, id)), 'success');
    assert.equal(runs, 3, 'the step with an outcome did not run again');
  });

  test('a master that lost its term writes nothing more, and the next one ends its jobs', async () => {
    const { operation } = gated();
    const first = await start({ operations: operationMap(operation, testDelay) });
    const id = await first.queue.submit([reboot], 'alice');
    await reaches(first.queue, id, 'running');
    const store = await openSqliteStore(join(home.dir, 'store.db'));
    await store.transact({ compares: [], writes: [{ type: 'delete', key: keys.leader }] });
    const second = await start({ operations: operationMap(testSteps([{ name: 'hold', do: async () => undefined }]), testDelay) });
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
});
