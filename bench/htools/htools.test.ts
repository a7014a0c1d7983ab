import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRuns } from './htools.ts';

test('all parts, or those that are named, with the options that each takes', () => {
  assert.deepEqual(readRuns(['--small', '--peer-seconds', '0']), [
    { part: 'balancing', options: ['--small', '--peer-seconds', '0'] },
    { part: 'squeezing', options: ['--small'] },
    { part: 'allocating', options: ['--small'] },
  ]);
  assert.deepEqual(
    readRuns(['allocating', 'squeezing']).map(({ part }) => part),
    ['squeezing', 'allocating'],
  );
});

test('what is no part and no option is refused', () => {
  assert.throws(() => readRuns(['placing']), { code: 'SEARCH_BENCHMARK_UNKNOWN' });
  assert.throws(() => readRuns(['--large']), { code: 'SEARCH_OPTION_INVALID' });
  assert.throws(() => readRuns(['--peer-seconds', 'long']), { code: 'SEARCH_OPTION_INVALID' });
});
