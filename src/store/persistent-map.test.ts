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

test('setting what is there already, or deleting what is not, gives the same map', () => {
  const map = PersistentMap.from([['a', 1]]);
  assert.equal(map.set('a', 1), map);
  assert.equal(map.delete('b'), map);
  assert.equal(map.has('a'), true);
  assert.equal(map.has('b'), false);
});
