import assert from 'node:assert/strict';
import { test } from 'node:test';
import { niceSorted, niceSortedByName } from './nice-sort.ts';

test('names are in the order that people expect', () => {
  assert.deepEqual(niceSorted(['inst10', 'inst2', 'a', 'inst2.b', 'inst02']), ['a', 'inst02', 'inst2', 'inst2.b', 'inst10']);
});

test('a collection is sorted once, and another one by itself', () => {
  let read = 0;
  const collection = (names: readonly string[]) => ({
    *values() {
      read++;
      for (const name of names) yield { name };
    },
  });
  const [one, other] = [collection(['n10', 'n9']), collection(['b', 'a'])];
  for (let again = 0; again < 2; again++) {
    assert.deepEqual(niceSortedByName(one), [{ name: 'n9' }, { name: 'n10' }]);
    assert.deepEqual(niceSortedByName(other), [{ name: 'a' }, { name: 'b' }]);
  }
  assert.equal(read, 2);
});
