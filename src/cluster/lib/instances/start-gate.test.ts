import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StartGate } from './start-gate.ts';

const clock = { now: () => 0, sleep: () => new Promise<void>(() => undefined) };
const turns = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
};

test('works begin in their order, so many at a time, and one that fails frees its place', async () => {
  const gate = new StartGate({ limit: 2, youngMs: 1000, clock });
  const begun: number[] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const works = [0, 1, 2, 3].map((number) =>
    gate.run(() => {
      begun.push(number);
      ends[number] = Promise.withResolvers<void>();
      return ends[number].promise;
    }),
  );
  await turns();
  assert.deepEqual(begun, [0, 1]);
  ends[1]?.reject(new Error('no'));
  await assert.rejects(works[1] as Promise<void>, /no/);
  await turns();
  assert.deepEqual(begun, [0, 1, 2]);
  ends[0]?.resolve();
  await turns();
  assert.deepEqual(begun, [0, 1, 2, 3]);
  for (const end of ends) end.resolve();
  await Promise.all([works[0], works[2], works[3]]);
});

test('a work that takes long keeps nobody back', async () => {
  const wakes: (() => void)[] = [];
  const gate = new StartGate({
    limit: 1,
    youngMs: 1000,
    clock: { now: () => 0, sleep: () => new Promise((wake) => void wakes.push(wake)) },
  });
  const hanging = Promise.withResolvers<string>();
  const first = gate.run(() => hanging.promise);
  let second = false;
  const other = gate.run(async () => {
    second = true;
  });
  await turns();
  assert.equal(second, false);
  wakes[0]?.();
  await other;
  assert.ok(second);
  // The place that it had left already is not freed twice.
  hanging.resolve('late');
  assert.equal(await first, 'late');
  const open = Promise.withResolvers<void>();
  const third = gate.run(() => open.promise);
  let fourth = false;
  const last = gate.run(async () => {
    fourth = true;
  });
  await turns();
  assert.equal(fourth, false);
  open.resolve();
  await Promise.all([third, last]);
});
