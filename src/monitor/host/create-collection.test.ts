import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCollector } from '../testing/make-collector.ts';
import { createCollection } from './create-collection.ts';
import { fromJsonBytes } from './json-bytes.ts';

const collection = () => createCollection({ root: '' }, () => ({ take: () => assert.fail(), drop: () => undefined }));

test('a collector that hands in what it has when its time is up has reported; it begins anew with what is kept', async () => {
  const makeSeen = () => ({ starts: 0 });
  const partial = makeCollector('partial', {
    start: ({ kept }) => {
      const seen = kept(makeSeen);
      seen.starts++;
      return ({ signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(seen.starts));
        });
    },
  });
  const { collect } = collection();
  for (const starts of [1, 2]) {
    const outcome = await collect(partial, 20);
    assert.equal(outcome.ok && fromJsonBytes(outcome.data), starts);
  }
});

test('what is told of two reports is whether their essence differs, or else all of them', async () => {
  let data = { age: 1, state: 'up' };
  const collect = () => data;
  const whole = makeCollector('whole', { longestInterval: 60, start: () => collect });
  const { collect: run } = collection();
  const unchanged = async (collector = whole) => {
    const outcome = await run(collector, 100);
    return outcome.ok && outcome.unchanged;
  };
  assert.deepEqual([await unchanged(), await unchanged()], [false, true]);
  data = { age: 2, state: 'up' };
  assert.equal(await unchanged(), false);

  const state = makeCollector('state', { longestInterval: 60, start: () => collect, essence: (it) => (it as typeof data).state });
  assert.equal(await unchanged(state), false);
  data = { age: 3, state: 'up' };
  assert.equal(await unchanged(state), true, 'it only grew older');
  data = { age: 3, state: 'down' };
  assert.deepEqual([await unchanged(state), await unchanged(state)], [false, true]);
});

test('a collector is begun once, anew after it was forgotten, replaced or too slow', async () => {
  let starts = 0;
  const make = () => makeCollector('one', { start: () => (starts++, () => starts) });
  const [one, other] = [make(), make()];
  const { collect, forget } = collection();
  const told = async (collector = one) => {
    const outcome = await collect(collector, 1000);
    return outcome.ok && fromJsonBytes(outcome.data);
  };
  assert.deepEqual([await told(), await told()], [1, 1]);
  assert.deepEqual([await told(other), await told(other)], [2, 2]);
  forget('one');
  assert.deepEqual([await told(other), await told(other)], [3, 3]);
  forget('none');
});

test('what does not come in time, is too long, or fails is told as such', async () => {
  const { collect } = collection();
  const hangs = makeCollector('hangs', { start: () => () => new Promise(() => undefined) });
  assert.deepEqual(await collect(hangs, 10), { ok: false, failure: 'timed-out', problem: 'no answer within 0.01 s' });
  const long = makeCollector('long', { largestReport: 10, start: () => () => 'x'.repeat(9) });
  assert.deepEqual(await collect(long, 1000), { ok: false, failure: 'flooded', problem: 'a report of 11 bytes; 10 are allowed' });
  const fits = makeCollector('fits', { largestReport: 10, start: () => () => 'x'.repeat(8) });
  assert.equal((await collect(fits, 1000)).ok, true);
  const nothing = makeCollector('nothing', { start: () => () => undefined as never });
  const outcome = await collect(nothing, 1000);
  assert.equal(outcome.ok && fromJsonBytes(outcome.data), null);
  const failing = (error: unknown) =>
    makeCollector('failing', {
      start: () => () => {
        throw error;
      },
    });
  assert.deepEqual(await collect(failing(new Error('no disk')), 1000), { ok: false, failure: 'failed', problem: 'no disk' });
  const own = Object.assign(new Error('too much'), { failure: 'flooded' });
  assert.deepEqual(await collect(failing(own), 1000), { ok: false, failure: 'flooded', problem: 'too much' });
});
