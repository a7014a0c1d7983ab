import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heardLog } from '../../../test/support/heard-log.ts';
import { until } from '../../../test/support/until.ts';
import { GantryError } from '../../base/index.ts';
import { type Job, jobStatus, keys } from '../../model/index.ts';
import type { Store, Transaction } from '../../store/index.ts';
import { operationMap, testDelay, testSteps } from '../testing/test-operations.ts';
import { end, errorOf, noop, reboot, testQueues } from '../testing/test-queues.ts';
import type { Operation, Step } from './operation.ts';

const { start } = testQueues();

const refused = () => new GantryError('STORE_VALUE_TOO_LARGE', { key: 'k', bytes: 2, limit: 1 });
/** A store that refuses writes for good while it is told to. */
const refusing = (isRefused: (transaction: Transaction) => boolean) => (store: Store) => ({
  transact: async (transaction: Transaction) => {
    if (isRefused(transaction)) throw refused();
    return store.transact(transaction);
  },
});
const toldAt = (lines: ReturnType<typeof heardLog>['lines'], level: string) =>
  lines
    .filter((line) => line.level === level)
    .map(({ text, facts }) => [text, facts['job'], (facts['err'] as GantryError).code ?? facts['err']]);

test('an opcode whose outcome cannot be written fails with that', async () => {
  let isOver = false;
  const { log, troubles: lines } = heardLog();
  const steps = [{ id: 'a', title: 'a', do: async () => void (isOver = true) }];
  const wrap = refusing(() => {
    const now = isOver;
    isOver = false;
    return now;
  });
  const { queue } = await start({ operations: operationMap(testSteps(steps)), wrap, log });
  const job = await end(queue, await queue.submit([reboot], 'alice'));
  assert.equal(errorOf(job).code, 'STORE_VALUE_TOO_LARGE');
  assert.deepEqual(toldAt(lines, 'error'), []);
});

test('an opcode whose end cannot be written at all keeps its locks, and that is told', async () => {
  let isOver = false;
  const { log, troubles: lines } = heardLog();
  const fail: Operation['plan'] = async () => {
    isOver = true;
    throw new GantryError('JOB_UNKNOWN', { job: 4711 });
  };
  const touches = [{ kind: 'instance', name: 'web1', mode: 'exclusive' }] as const;
  const { queue } = await start({ operations: operationMap({ ...testSteps([], touches), plan: fail }), wrap: refusing(() => isOver), log });
  const id = await queue.submit([reboot], 'alice');
  await until('that is told', () => lines.length > 0);
  assert.deepEqual(toldAt(lines, 'error'), [['the end of a job could not be stored', id, 'STORE_VALUE_TOO_LARGE']]);
  assert.equal(jobStatus((await queue.get(id)) as Job), 'running');
  assert.deepEqual(queue.locks()[0]?.owners, [id]);
});

test('a defect while it plans is told, and fails the opcode', async () => {
  const { log, troubles: lines } = heardLog();
  const plan = () => Promise.reject(new TypeError('x is undefined'));
  const { queue } = await start({ operations: operationMap({ ...testDelay, plan }), log });
  const job = await end(queue, await queue.submit([noop], 'alice'));
  assert.equal(errorOf(job).code, 'INTERNAL');
  assert.deepEqual(
    lines.map(({ level, text, facts }) => [level, text, facts['job'], String(facts['err'])]),
    [['error', 'an opcode failed by a defect', 1, 'TypeError: x is undefined']],
  );
});

test('a queue that stops while an opcode fails records nothing and tells nothing', async () => {
  const { log, troubles: lines } = heardLog();
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<null>();
  const { queue, store, close } = await start({
    operations: operationMap({ ...testDelay, plan: () => (asked.resolve(), gate.promise) }),
    log,
  });
  const id = await queue.submit([noop], 'alice');
  await asked.promise;
  await queue.stop();
  gate.reject(new Error('too late'));
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  assert.deepEqual(lines, []);
  assert.equal((JSON.parse((await store.get(keys.job(id)))?.value ?? '') as Job).ops[0]?.status, 'queued');
  await close();
});

test('a line of the log that cannot be stored is told, and hinders nobody; after a stop it is not', async () => {
  let isRefused = false;
  const { log, troubles: lines } = heardLog();
  const gate = Promise.withResolvers<void>();
  const logs: ((text: string) => void)[] = [];
  const steps: Step<null>[] = [{ id: 'talk', title: 'talk', do: ({ log: tell }) => (logs.push(tell), gate.promise) }];
  const { queue, close } = await start({ operations: operationMap(testSteps(steps)), wrap: refusing(() => isRefused), log });
  const id = await queue.submit([reboot], 'alice');
  await until('it runs', () => logs.length === 1);
  isRefused = true;
  logs[0]?.('hello');
  await until('that is told', () => lines.length > 0);
  assert.deepEqual(
    lines.map(({ level, text, facts }) => [level, text, facts['job'], facts['text']]),
    [['warn', 'a line of a job log was not stored', id, 'hello']],
  );
  isRefused = false;
  logs[0]?.('again');
  gate.resolve();
  const job = await end(queue, id);
  assert.deepEqual([jobStatus(job), job.ops[0]?.log.map(([, , , text]) => text)], ['success', ['again']]);
  await queue.stop();
  logs[0]?.('too late');
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  assert.equal(lines.length, 1);
  await close();
});
