import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benchPlacing } from './placing.ts';

test('the benchmark of placing chooses the same nodes each time', async () => {
  for (const rules of [false, true]) {
    const size = { nodes: 40, instances: 200, requests: 10, rules };
    assert.equal((await benchPlacing(size)).hash, (await benchPlacing(size)).hash);
  }
});
