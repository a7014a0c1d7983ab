import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runGantry } from '../testing/run-gantry.ts';

test('a benchmark that does not exist is refused, with those that do', async () => {
  const { code, stderr } = await runGantry(['bench', 'nothing'], {});
  assert.equal(code, 2);
  assert.match(stderr, /SEARCH_BENCHMARK_UNKNOWN[^]*htools, roadef/);
});

test('help names each benchmark with its options, whatever else is given', async () => {
  for (const args of [['--help'], ['roadef', '--help'], ['-h']]) {
    const { code, stdout } = await runGantry(['bench', ...args], {});
    assert.equal(code, 0);
    assert.match(stdout, /^Usage: gantry bench NAME[^]* {2}htools \[balancing[^]* {2}roadef --model FILE[^]* {2}store \[--small\]/);
  }
});

test('a benchmark reads its own options, and its exit code is that of the command', async () => {
  const { code, stderr } = await runGantry(['bench', 'roadef', '--seconds', 'long'], {});
  assert.equal(code, 2);
  assert.match(stderr, /SEARCH_OPTION_INVALID/);
});

test('the benchmarks of the placement engine run small, and print their tables', async () => {
  const { code, stdout } = await runGantry(['bench', 'htools', 'squeezing', 'allocating', '--small'], {});
  assert.equal(code, 0);
  assert.match(stdout, /squeezing\n\| nodes \|[^]*allocating\n\| nodes \|[^]*\| `[\da-f]{16}` \|\n$/);
});
