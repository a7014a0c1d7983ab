import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benchSqueezing, smallInstances } from './squeezing.ts';

test('the benchmark of squeezing switches nodes off, the same each time', () => {
  const text = smallInstances(10, 200, 1);
  const { switchedOff, moves, hash } = benchSqueezing(text);
  assert.ok(switchedOff > 0 && switchedOff < 10);
  assert.ok(moves > 0);
  assert.equal(benchSqueezing(text).hash, hash);
});
