import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Instance, placesOf } from './instance.ts';

test('an instance is on its nodes, and on the one that it is on its way to', () => {
  const places = (more: Partial<Instance>) => placesOf({ primary_node: 'a', secondary_nodes: ['b'], ...more } as Instance);
  assert.deepEqual(places({}), ['a', 'b']);
  assert.deepEqual(places({ moving_to: 'c' }), ['a', 'b', 'c']);
});
