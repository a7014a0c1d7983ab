import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { heardLog } from '../../../test/support/heard-log.ts';
import { until } from '../../../test/support/until.ts';
import { type Clock, GantryError, systemClock } from '../../base/index.ts';
import { type Job, jobStatus, keys, opcodes } from '../../model/index.ts';
import type { Store, Transaction, TransactionResult } from '../../store/index.ts';
import type { FixtureOptions } from '../testing/queue-fixture.ts';
import { effects, operationMap, testSteps } from '../testing/test-operations.ts';
import { create, end, errorOf, hastyClock, reboot, testQueues } from '../testing/test-queues.ts';
import { defineOperation, type Operation, type Step } from './operation.ts';

/** One commit that shows how often it was carried out: each time there is one tag more. */
const count: Operation = defineOperation(opcodes.tagsSet, {
  plan: async ({ config }, { tags }) => ({ cluster: config.cluster.uuid, refused: tags.includes('refused') }),
  steps: ({ cluster, refused }) => [
    {
      id: 'count',
      title: 'count',
      commit(draft) {
        if (refused) throw new GantryError('JOB_UNKNOWN', { job: 99 });
        draft.update('cluster', cluster, (old) => ({ ...old, tags: [...old.tags, `done${old.tags.length}`] }));
      },
    },
  ],
  result: () => null,
});

type Carry = () => Promise<TransactionResult>;
/** What happens to the n-th attempt (from 1) to change the cluster; `carry` carries it out. */
type Fate = (attempt: number, carry: Carry, store: Store) => Promise<TransactionResult>;

const { start, world } = testQueues();

const away = () => new GantryError('STORE_UNAVAILABLE', { store: 'a test', detail: 'no answer' });
const changes = ({ writes }: Transaction): boolean => writes.some(({ key }) => key === keys.cluster);

async function run(
  fate: Fate,
  tag = 'any',
  more: Partial<FixtureOptions> = {},
  get?: (store: Store, key: string) => ReturnType<Store['get']>,
) {
  let attempts = 0;
  const wrap = (store: Store): Partial<Store> => ({
    transact: (transaction) => {
      const carry = () => store.transact(transaction);
      return changes(transaction) ? fate(++attempts, carry, store) : carry();
    },
    ...(get ? { get: (key) => get(store, key) } : {}),
  });
  const { queue, store } = await start({ operations: new Map([[count.opcode.id, count]]), wrap, ...more });
  const id = await queue.submit([{ OP_ID: 'OP_TAGS_SET', kind: 'cluster', tags: [tag] }], 'alice');
  const stopped = await end(queue, id).then(
    () => undefined,
    (error: unknown) => GantryError.from(error).code,
  );
  const cluster = JSON.parse((await store.get(keys.cluster))?.value ?? '{}') as { tags: string[] };
  const stored = JSON.parse((await store.get(keys.job(id)))?.value ?? '{}') as Partial<Job>;
  return { attempts, tags: cluster.tags, status: jobStatus((await queue.get(id)) as Job), stored: stored.ops?.[0]?.status, stopped };
}

/** Keeps the pauses that are shorter than the tests' own, and makes nothing of them. */
function pausing(): { pauses: number[]; clock: Clock } {
  const pauses: number[] = [];
  const sleep: Clock['sleep'] = (ms, signal) => {
    if (ms < 10_000) pauses.push(ms);
    return hastyClock.sleep(ms, signal);
  };
  return { pauses, clock: { now: () => systemClock.now(), sleep } };
}

const done = (attempts: number) => ({ attempts, tags: ['done0'], status: 'success', stored: 'success', stopped: undefined });

describe('a change of the configuration with its record in the job', () => {
  test('happens once when the store answers', async () => assert.deepEqual(await run((_n, carry) => carry()), done(1)));

  test('is repeated when the store does not take it', async () => {
    const outcome = await run((n, carry) => (n < 3 ? Promise.reject(away()) : carry()));
    assert.deepEqual(outcome, done(3));
  });

  test('is not repeated when only its answer was lost', async () => {
    const outcome = await run(async (_n, carry) => {
      await carry();
      throw away();
    });
    assert.deepEqual(outcome, done(1));
  });

  test('is known again when it is carried out late, after it was repeated', async () => {
    let late: Carry | undefined;
    const outcome = await run(async (n, carry) => {
      if (n === 1) {
        late = carry;
        throw away();
      }
      // The lost one overtakes the second.
      await late?.();
      return carry();
    });
    assert.equal(outcome.status, 'success');
    assert.equal(outcome.stored, 'success');
    assert.deepEqual(outcome.tags, ['done0']);
  });

  test('fails its job, and changes nothing, when it is refused', async () => {
    const outcome = await run((_n, carry) => carry(), 'refused');
    assert.deepEqual(outcome, { attempts: 0, tags: [], status: 'error', stored: 'error', stopped: undefined });
  });

  for (const answered of [true, false]) {
    test(`of a master that was deposed is written by nobody${answered ? '' : ', also after an answer was lost'}`, async () => {
      const outcome = await run(async (n, carry, store) => {
        if (n === 1 && !answered) throw away();
        // Another master leads now.
        await store.transact({ compares: [], writes: [{ type: 'put', key: keys.leader, value: '{"name":"other","since":0}' }] });
        return carry();
      });
      assert.deepEqual(outcome.tags, []);
      assert.equal(outcome.stopped, 'QUEUE_STOPPED');
      assert.notEqual(outcome.stored, 'success');
      assert.notEqual(outcome.stored, 'error');
    });
  }
});

describe('a change of the configuration that is repeated', () => {
  test('is so after pauses that double up to 5 s, each of which is told', async () => {
    const { pauses, clock } = pausing();
    const { log, troubles: lines } = heardLog();
    const outcome = await run((n, carry) => (n < 10 ? Promise.reject(away()) : carry()), 'any', { clock, log });
    assert.deepEqual(outcome, done(10));
    assert.deepEqual(pauses, [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    const text = 'the store does not answer; the change is repeated';
    assert.deepEqual(
      lines.map((line) => [line.level, line.text, line.facts['job'], (line.facts['err'] as GantryError).code]),
      pauses.map(() => ['warn', text, 1, 'STORE_UNAVAILABLE']),
    );
  });

  test('is looked for until the store answers that, too', async () => {
    let looks = 0;
    const get = async (store: Store, key: string) => {
      if (key === keys.job(1) && ++looks < 3) throw away();
      return store.get(key);
    };
    const { clock } = pausing();
    const outcome = await run(
      async (_n, carry, store) => {
        if ((await store.get(keys.cluster))?.value.includes('done0')) assert.fail('it is carried out again');
        await carry();
        throw away();
      },
      'any',
      { clock },
      get,
    );
    assert.equal(looks > 0, true);
    assert.deepEqual([outcome.tags, outcome.stored], [['done0'], 'success']);
  });

  test('fails its job when it cannot be looked for at all', async () => {
    const damaged = new GantryError('STORE_OBJECT_CORRUPT', { key: 'k', problem: 'p' });
    let broken = true;
    const get = async (store: Store, key: string) => {
      if (key !== keys.job(1) || !broken) return store.get(key);
      broken = false;
      throw damaged;
    };
    const outcome = await run(() => Promise.reject(away()), 'any', {}, get);
    assert.deepEqual([outcome.attempts, outcome.stored, outcome.stopped], [1, 'error', undefined]);
  });

  test('fails its job when it is refused then, and no attempt was carried out', async () => {
    let attempts = 0;
    const steps: Step<null>[] = [
      {
        id: 'once',
        title: 'once',
        commit(draft) {
          if (attempts > 0) throw new GantryError('JOB_UNKNOWN', { job: 99 });
          draft.update('cluster', draft.snapshot.cluster.uuid, (old) => ({ ...old, tags: ['done'] }));
        },
      },
    ];
    const wrap = (store: Store): Partial<Store> => ({
      transact: async (transaction) => {
        if (!changes(transaction)) return store.transact(transaction);
        attempts++;
        throw away();
      },
    });
    const { queue, config } = await start({ operations: operationMap(testSteps(steps)), wrap, clock: pausing().clock });
    const job = await end(queue, await queue.submit([reboot], 'alice'));
    assert.deepEqual([attempts, errorOf(job).code, config.current.cluster.tags], [1, 'JOB_UNKNOWN', []]);
  });

  test('is written by nobody when another master has written the job meanwhile', async () => {
    const outcome = await run(async (n, carry, store) => {
      assert.equal(n, 1);
      const job = JSON.parse((await store.get(keys.job(1)))?.value ?? '') as Job;
      const value = JSON.stringify({ ...job, priority: 3 });
      await store.transact({ compares: [], writes: [{ type: 'put', key: keys.job(1), value }] });
      await carry().catch(() => undefined);
      throw away();
    });
    assert.deepEqual([outcome.tags, outcome.stored, outcome.stopped], [[], 'queued', 'QUEUE_STOPPED']);
  });

  test('is written by nobody, and tried once, when the job is no longer there', async () => {
    const outcome = await run(async (_n, carry, store) => {
      await store.transact({ compares: [], writes: [{ type: 'delete', key: keys.job(1) }] });
      await carry();
      throw new Error('the store took a change of a job that is gone');
    });
    assert.deepEqual([outcome.attempts, outcome.tags, outcome.stopped], [1, [], 'QUEUE_STOPPED']);
  });

  test('is in the configuration when the next step begins, though its answer was lost', async () => {
    const seen: unknown[] = [];
    const steps: Step<null>[] = [
      {
        id: 'tag',
        title: 'tag',
        commit: (draft) => draft.update('cluster', draft.snapshot.cluster.uuid, (old) => ({ ...old, tags: ['done'] })),
      },
      { id: 'look', title: 'look', do: async ({ config }) => void seen.push(config.cluster.tags) },
    ];
    let isLate = false;
    const wrap = (store: Store): Partial<Store> => ({
      transact: async (transaction) => {
        const result = await store.transact(transaction);
        if (!changes(transaction)) return result;
        isLate = true;
        throw away();
      },
      async *watch(prefix, after, signal) {
        for await (const batch of store.watch(prefix, after, signal)) {
          if (isLate) await new Promise((resolve) => setTimeout(resolve, 50));
          yield batch;
        }
      },
    });
    const { queue } = await start({ operations: operationMap(testSteps(steps)), wrap });
    assert.equal(jobStatus(await end(queue, await queue.submit([reboot], 'alice'))), 'success');
    assert.deepEqual(seen, [['done']]);
  });

  test('is given up when the queue stops, which is no news', async () => {
    const { log, troubles: lines } = heardLog();
    const asked = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<never>();
    const wrap = (store: Store): Partial<Store> => ({
      transact: (transaction) => (changes(transaction) ? (asked.resolve(), gate.promise) : store.transact(transaction)),
    });
    const { queue, store, close } = await start({ operations: new Map([[count.opcode.id, count]]), wrap, log });
    const id = await queue.submit([{ OP_ID: 'OP_TAGS_SET', kind: 'cluster', tags: ['any'] }], 'alice');
    await asked.promise;
    const stopped = queue.stop();
    gate.reject(away());
    await stopped;
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    assert.deepEqual([lines, jobStatus((await queue.get(id)) as Job)], [[], 'running']);
    assert.equal((JSON.parse((await store.get(keys.job(id)))?.value ?? '') as Job).ops[0]?.status, 'queued');
    await close();
  });
});

test('a change of the configuration that is carried out after it was given up and looked for does not stand in its own way', async () => {
  let late: Transaction | undefined;
  let given = 0;
  const wrap = (store: Store): Partial<Store> => ({
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
