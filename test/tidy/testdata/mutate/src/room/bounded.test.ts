import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBounded } from './index.ts';

test('the lower end', () => {
  assert.deepEqual([9, 10, 11].map(isBounded), [false, true, true]);
});
