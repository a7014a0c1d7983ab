import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { benchAllocating } from './allocating.ts';

test('the benchmark of allocation places every instance, in the same place each time', () => {
  const text = readFileSync(new URL('testdata/10-100-1-1-2.data', import.meta.url), 'utf8');
  for (const template of ['ext', 'drbd'] as const) {
    assert.equal(benchAllocating(text, template, 20).hash, benchAllocating(text, template, 20).hash);
  }
});
