import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { until } from '../../test/support/until.ts';
import { type Clock, GantryError, systemClock } from '../base/index.ts';
import { type JobStatus, jobStatus, keys, type Touch } from '../model/index.ts';
import type { Store } from '../store/index.ts';
import type { Operation, Step } from './operation.ts';
import { type FixtureOptions, newDirectory, openFixture, type QueueFixture } from './queue-fixture.ts';
import { operationMap, testDelay, testSteps } from './test-operations.ts';

const noop = { OP_ID: 'OP_TEST_DELAY', duration: 0 };

let home: { dir: string; remove: () => Promise<void> };
let fixture: QueueFixture;

beforeEach(async () => {
  home = await newDirectory();
});
afterEach(async () => {
  await fixture.close();
  await home.remove();
});

const start = async (options: FixtureOptions) => {
  fixture = await openFixture(home.dir, options);
  return fixture.queue;
};
const reaches = (id: number, status: JobStatus) =>
  until(`job ${id} is ${status}`, async () => {
    const job = await fixture.queue.get(id);
    return job && jobStatus(job) === status;
  });

/** Jobs that hold their locks until they are let go. Each says by the name of its instance which it needs, at present. */
function holders(needs: Map<string, readonly string[]>) {
  const gates = new Map<number, () => void>();
  const hold: Step<null> = { name: 'hold', do: ({ jobId }) => new Promise((resolve) => gates.set(jobId, () => resolve())) };
  const operation: Operation = {
    ...testSteps([hold]),
    locks: (params) => {
      const names = needs.get(String(params['instance_name'])) ?? [];
      return names.map((name): Touch => ({ kind: 'instance', name, mode: 'exclusive' }));
    },
  };
  const submit = (instance_name: string) => fixture.queue.submit([{ OP_ID: 'OP_INSTANCE_REBOOT', instance_name }], 'alice');
  const runs = (id: number) => until(`job ${id} runs`, () => gates.has(id));
  const letGo = async (id: number) => {
    await runs(id);
    gates.get(id)?.();
    await reaches(id, 'success');
  };
  return { operation, submit, runs, letGo, hasBegun: (id: number) => gates.has(id) };
}

const owners = () => Object.fromEntries(fixture.queue.locks().map((row) => [row.name, row.owners]));

test('a job that needs a further lock after it has waited takes it too, if it is free', async () => {
  const needs = new Map([
    ['a', ['web1']],
    ['b', ['web1']],
  ]);
  const { operation, submit, runs, letGo } = holders(needs);
  await start({ operations: operationMap(operation) });
  const [a, b] = [await submit('a'), await submit('b')];
  await runs(a);
  await reaches(b, 'waiting');
  needs.set('b', ['web1', 'web2']);
  await letGo(a);
  await runs(b);
  assert.deepEqual(owners(), { 'instance/web1': [b], 'instance/web2': [b] });
  await letGo(b);
  assert.deepEqual(owners(), {});
});

test('a job that needs a lock after it has waited which another job holds does not run before it has it', async () => {
  const needs = new Map([
    ['a', ['web1']],
    ['b', ['web1']],
    ['c', ['web2']],
  ]);
  const { operation, submit, runs, letGo, hasBegun } = holders(needs);
  const queue = await start({ operations: operationMap(operation) });
  const [a, b, c] = [await submit('a'), await submit('b'), await submit('c')];
  await Promise.all([runs(a), runs(c)]);
  await reaches(b, 'waiting');
  needs.set('b', ['web2', 'web1']);
  await letGo(a);
  const waits = `instance web2 (held by job ${c})`;
  await until('it waits for the other lock', async () => (await queue.look(b))?.waitingFor.includes(waits));
  assert.equal(hasBegun(b), false);
  await letGo(c);
  await runs(b);
  assert.deepEqual(owners(), { 'instance/web1': [b], 'instance/web2': [b] });
  await letGo(b);
});

test('a job whose locks cannot be named any more after it has waited fails with the reason, and keeps no lock', async () => {
  const needs = new Map([
    ['a', ['web1']],
    ['b', ['web1']],
  ]);
  const { operation, submit, runs, letGo } = holders(needs);
  let isBroken = false;
  const locks: Operation['locks'] = (params, config) => {
    if (isBroken && params['instance_name'] === 'b') throw new GantryError('JOB_UNKNOWN', { job: 4711 });
    return operation.locks?.(params, config) ?? [];
  };
  const queue = await start({ operations: operationMap({ ...operation, locks }) });
  const [a, b] = [await submit('a'), await submit('b')];
  await runs(a);
  await reaches(b, 'waiting');
  isBroken = true;
  await letGo(a);
  await reaches(b, 'error');
  const { error } = (await queue.get(b))?.ops[0]?.result as { error: { code: string } };
  assert.equal(error.code, 'JOB_UNKNOWN');
  assert.deepEqual(owners(), {});
});

test('a job waits while the jobs that it depends on cannot be read, and goes on when they can', async () => {
  /** Whether the next reads of the archived job fail. */
  const outages: boolean[] = [];
  const wrap = (store: Store): Store => ({
    get: async (key) => {
      if (key === keys.archivedJob(1) && outages.shift()) throw new GantryError('STORE_UNAVAILABLE', { store: 'test', detail: 'gone' });
      return store.get(key);
    },
    range: (prefix, options) => store.range(prefix, options),
    transact: (transaction) => store.transact(transaction),
    watch: (prefix, after, signal) => store.watch(prefix, after, signal),
    grantLease: (ttl) => store.grantLease(ttl),
    compact: (revision) => store.compact(revision),
    close: () => store.close(),
  });
  const pauses: number[] = [];
  const clock: Clock = {
    now: () => systemClock.now(),
    sleep: (ms, signal) => {
      if (ms === 1000) pauses.push(ms);
      return systemClock.sleep(ms === 1000 ? 1 : ms, signal);
    },
  };
  const queue = await start({ operations: operationMap(testDelay), wrap, clock });
  await queue.submit([noop], 'alice');
  await reaches(1, 'success');
  await queue.archive(1);
  // The submission itself looks first.
  outages.push(false, true, true, true);
  const second = await queue.submit([{ ...noop, depends: [[1, ['success']]] }], 'alice');
  await reaches(second, 'success');
  assert.deepEqual([outages, pauses], [[], [1000, 1000, 1000]]);
});
