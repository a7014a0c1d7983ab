import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { GantryError } from '../base/index.ts';
import { clusterOpcodes, type Job, jobStatus, keys } from '../model/index.ts';
import type { Store, Transaction, TransactionResult } from '../store/index.ts';
import { defineOperation, type Operation } from './operation.ts';
import { newDirectory, openFixture } from './queue-fixture.ts';

/** One commit that shows how often it was carried out: each time there is one tag more. */
const count: Operation = defineOperation(clusterOpcodes.tagsSet, {
  plan: async ({ config }, { tags }) => ({ cluster: config.cluster.uuid, refused: tags.includes('refused') }),
  steps: ({ cluster, refused }) => [
    {
      name: 'count',
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

const home = await newDirectory();
after(home.remove);
let rounds = 0;

const away = () => new GantryError('STORE_UNAVAILABLE', { store: 'a test', detail: 'no answer' });
const changes = ({ writes }: Transaction): boolean => writes.some(({ key }) => key === keys.cluster);

async function run(fate: Fate, tag = 'any') {
  const dir = join(home.dir, String(rounds++));
  await mkdir(dir, { recursive: true });
  let attempts = 0;
  const wrap = (store: Store): Store => ({
    get: (key) => store.get(key),
    range: (prefix, options) => store.range(prefix, options),
    watch: (prefix, from, signal) => store.watch(prefix, from, signal),
    grantLease: (seconds) => store.grantLease(seconds),
    compact: (revision) => store.compact(revision),
    close: () => store.close(),
    transact: (transaction) => {
      const carry = () => store.transact(transaction);
      return changes(transaction) ? fate(++attempts, carry, store) : carry();
    },
  });
  const { queue, store, close } = await openFixture(dir, { operations: new Map([[count.opcode.id, count]]), wrap });
  try {
    const id = await queue.submit([{ OP_ID: 'OP_TAGS_SET', kind: 'cluster', tags: [tag] }], 'alice');
    let job = (await queue.get(id)) as Job;
    const stopped = await (async () => {
      while (!['success', 'error', 'canceled'].includes(jobStatus(job))) {
        const change = await queue.waitForChange(id, { status: jobStatus(job), timeoutMs: 20_000 });
        assert.ok(change, `job ${id} is ${jobStatus(job)} for 20 s`);
        job = change.job;
      }
    })().catch((error: unknown) => GantryError.from(error).code);
    const cluster = JSON.parse((await store.get(keys.cluster))?.value ?? '{}') as { tags: string[] };
    const stored = JSON.parse((await store.get(keys.job(id)))?.value ?? '{}') as Job;
    return { attempts, tags: cluster.tags, status: jobStatus(job), stored: stored.ops[0]?.status, stopped };
  } finally {
    await close();
  }
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
