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
