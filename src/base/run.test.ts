import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GantryError } from './errors/gantry-error.ts';
import { run } from './run.ts';

const withCode = (code: string) => (error: GantryError) => error.code === code;

test('output and input pass through, without a shell', async () => {
  const { stdout } = await run('cat', [], { input: '$HOME `id`' });
  assert.equal(stdout, '$HOME `id`');
});

test('a failing program is an error that carries its own message', async () => {
  await assert.rejects(run('ls', ['/nonexistent-folder']), (error: GantryError) => {
    assert.equal(error.code, 'COMMAND_FAILED');
    assert.match(error.message, /nonexistent-folder/);
    return true;
  });
});

test('exit codes that were declared fine are returned', async () => {
  assert.equal((await run('false', [], { okCodes: [0, 1] })).code, 1);
});

test('a missing program is told apart', async () => {
  await assert.rejects(run('gantry-no-such-program', []), withCode('COMMAND_MISSING'));
});

test('a program that hangs is killed at its time-out', async () => {
  await assert.rejects(run('sleep', ['60'], { timeoutMs: 50 }), withCode('TIMED_OUT'));
});

test('a signal ends the program', async () => {
  const abort = new AbortController();
  const running = run('sleep', ['60'], { signal: abort.signal });
  abort.abort();
  await assert.rejects(running, withCode('CANCELLED'));
});

test('a program that never reads its input is judged by its exit code', async () => {
  const { code } = await run('true', [], { input: 'x'.repeat(1_000_000) });
  assert.equal(code, 0);
});

test('the environment of the caller does not leak into the child', async () => {
  process.env['GANTRY_TEST_SECRET'] = 'hidden';
  try {
    const { stdout } = await run('env', []);
    assert.doesNotMatch(stdout, /GANTRY_TEST_SECRET/);
  } finally {
    delete process.env['GANTRY_TEST_SECRET'];
  }
});
