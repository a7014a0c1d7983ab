import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestCounts } from '../../tools/run-test-files.ts';

/** Runs files of test data in a process that does not know that it is inside of a test. */
function runFiles(seed: number, ...files: string[]): TestCounts & { readonly lines: readonly string[] } {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const script = join(import.meta.dirname, 'testdata/run-tests/run.ts');
  const { stdout } = spawnSync(process.execPath, [script, String(seed), ...files], { env: { ...env, NO_COLOR: '1' }, encoding: 'utf8' });
  const lines = stdout.trim().split('\n');
  return { ...(JSON.parse(lines.pop() ?? '') as TestCounts), lines };
}

test('the test runner counts what passed, failed and was skipped, and shows failures with what was printed', () => {
  const { passed, failed, skipped, failures, lines } = runFiles(1, 'passes.test.ts', 'fails.test.ts');
  assert.deepEqual({ passed, failed, skipped }, { passed: 3, failed: 1, skipped: 1 });
  assert.equal(failures.length, 1);
  assert.match(failures[0] ?? '', /^fails\.test\.ts:6 {2}outer > fails\n[^]*1 !== 2[^]*what the failing file printed/);
  assert.match(lines.join('\n'), /FAIL {2}fails\.test\.ts {2}1 passed, 1 failed/);
});

test('a test file that breaks or hangs counts as a failure', () => {
  for (const file of ['breaks.test.ts', 'hangs.test.ts']) {
    const { passed, failed, failures } = runFiles(1, file);
    assert.deepEqual({ file, passed, failed, told: failures.length > 0 }, { file, passed: 0, failed: 1, told: true });
  }
});

test('the order of the tests of a file follows the seed', () => {
  const order = (seed: number) =>
    runFiles(seed, 'ordered.test.ts')
      .failures.map((text) => /ordered\.test\.ts:\d+ {2}(\w)/.exec(text)?.[1])
      .join('');
  const orders = [1, 1, 2, 3].map(order);
  assert.deepEqual(
    orders.map((each) => each.split('').sort().join('')),
    Array.from({ length: 4 }, () => 'abcdef'),
  );
  assert.equal(orders[0], orders[1]);
  assert.equal(new Set(orders).size, 3);
});

test('the seed of --reversed takes the last test first', () => {
  const { failures } = runFiles(73_377_733, 'ordered.test.ts');
  assert.equal(failures.map((text) => /ordered\.test\.ts:\d+ {2}(\w)/.exec(text)?.[1]).join(''), 'fedcba');
});

test('what the command of the tests does not know is told with its usage', () => {
  const script = join(import.meta.dirname, '../../tools/run-tests.ts');
  for (const [args, problem] of [
    [['--nosuch'], /^Error: Unknown option '--nosuch'\n\nUsage: gantry test/],
    [['--seed', 'x'], /^Error: --seed: "x" is not a whole number\n\nUsage: gantry test/],
  ] as const) {
    const { status, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args], {
      encoding: 'utf8',
    });
    assert.equal(status, 2);
    assert.match(stderr, problem);
    assert.doesNotMatch(stderr, /^ +at /m);
  }
});
