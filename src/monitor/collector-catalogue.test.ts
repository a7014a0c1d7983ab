import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectorCatalogue } from './collector-catalogue.ts';

test('no two collectors have one name', () => {
  const names = collectorCatalogue.map(({ name }) => name);
  assert.deepEqual([...new Set(names)], names);
});

test('no collection may take longer than the time until the next', () => {
  for (const { name, interval, timeout, longestInterval = interval } of collectorCatalogue) {
    assert.ok(interval > 0 && timeout > 0 && timeout <= interval && longestInterval >= interval, name);
  }
});
