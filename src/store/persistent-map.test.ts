import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../base/index.ts';
import { PersistentMap } from './persistent-map.ts';

// Found by trying: FNV-1a of these is the same in all 32 bits, so they end in one bucket.
const colliding = ['costarring', 'liquid'];
const few = Array.from({ length: 100 }, (_, index) => `k${index}`);
const key = fc.oneof(fc.constantFrom(...colliding, ''), fc.constantFrom(...few), fc.string({ maxLength: 3 }));
const step = fc.record({ key, value: fc.option(fc.integer()) });

test('does what a Map does, and old versions stay as they were', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let map = PersistentMap.empty<number>();
      const model = new Map<string, number>();
      const versions: [PersistentMap<number>, Map<string, number>][] = [];
      for (const { key, value } of steps) {
        versions.push([map, new Map(model)]);
        map = value === null ? map.delete(key) : map.set(key, value);
        if (value === null) model.delete(key);
        else model.set(key, value);
      }
      for (const [version, expected] of [...versions, [map, model] as const]) {
        assert.equal(version.size, expected.size);
        assert.deepEqual(new Map(version.entries()), expected);
        // However it came to be, it is laid out as if it had been made at once.
        assert.deepEqual([...version.entries()], [...PersistentMap.from(expected).entries()]);
        for (const { key } of steps) assert.equal(version.get(key), expected.get(key));
        const differing = [...map.changesSince(version)].map(({ key, before, after }) => [key, before, after]);
        const keys = [...new Set([...expected.keys(), ...model.keys()])].filter((key) => expected.get(key) !== model.get(key));
        assert.deepEqual(differing.sort(), keys.map((key) => [key, expected.get(key), model.get(key)]).sort());
      }
    }),
    { seed: 7, numRuns: 300 },
  );
});

test('the order depends on the content alone', () => {
  const random = seededRandom(3);
  const keys = Array.from({ length: 2000 }, (_, index) => `key-${index}`).concat(colliding);
  const whole = PersistentMap.from(keys.map((key) => [key, key]));
  let shuffled = PersistentMap.from(Array.from({ length: 1500 }, (_, index) => [`other-${index}`, '']));
  for (const key of keys.toSorted(() => random() - 0.5)) shuffled = shuffled.set(key, key);
  for (let index = 0; index < 1500; index++) shuffled = shuffled.delete(`other-${index}`);
  assert.deepEqual([...shuffled.values()], [...whole.values()]);
  for (const key of keys) shuffled = shuffled.delete(key);
  assert.equal(shuffled.size, 0);
  assert.deepEqual([...shuffled.entries()], []);
});

test('of a large map only what differs is told, in a short time', () => {
  const old = PersistentMap.from(Array.from({ length: 50_000 }, (_, index) => [`k${index}`, index] as const));
  const next = old.set('k7', -1).delete('k9').set('new', 1);
  const began = performance.now();
  for (let round = 0; round < 1000; round++) assert.equal([...next.changesSince(old)].length, 3);
  // A walk over all of it would take a thousand times as long.
  assert.ok(performance.now() - began < 2000, String(performance.now() - began));
  assert.deepEqual([...next.changesSince(old)].map(({ key, before, after }) => [key, before, after]).sort(), [
    ['k7', 7, -1],
    ['k9', 9, undefined],
    ['new', undefined, 1],
  ]);
  assert.deepEqual([...old.changesSince(old)], []);
});

test('setting what is there already, or deleting what is not, gives the same map', () => {
  const map = PersistentMap.from([['a', 1]]);
  assert.equal(map.set('a', 1), map);
  assert.equal(map.delete('b'), map);
  assert.equal(map.has('a'), true);
  assert.equal(map.has('b'), false);
});
