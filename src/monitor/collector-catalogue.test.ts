import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInCollectors } from '../model/index.ts';
import { collectorCatalogue } from './collector-catalogue.ts';
import { pluginsFacts } from './plugins/plugins-collector.ts';

test('no two collectors have one name', () => {
  const names = collectorCatalogue.map(({ name }) => name);
  assert.deepEqual([...new Set(names)], names);
});

test('what the cluster knows of them: names and intervals', () => {
  assert.deepEqual(
    Object.entries(builtInCollectors),
    [...collectorCatalogue, pluginsFacts].map(({ name, interval }) => [name, interval]),
  );
});

test('no collection may take longer than the time until the next', () => {
  for (const { name, interval, timeout, longestInterval = interval } of collectorCatalogue) {
    assert.ok(interval > 0 && timeout > 0 && timeout <= interval && longestInterval >= interval, name);
  }
});
