import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { benchBalancing } from './balancing.ts';

test("the benchmark of balancing reaches Ganeti's score with its number of moves, the same each time", () => {
  // What generate-cluster.py writes for `10 100 1 1 2`; score and moves are those of Ganeti's hbal 3.0.2.
  const text = readFileSync(new URL('testdata/10-100-1-1-2.data', import.meta.url), 'utf8');
  const { scores, moves, hash } = benchBalancing(text);
  assert.deepEqual([scores, moves], [['0.28756426'], 49]);
  assert.equal(hash, '823d23a778d64d46');
  assert.equal(benchBalancing(text).hash, hash);
});
