import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
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

const failure = async (script: string, ...args: string[]): Promise<unknown> => {
  try {
    return await run('sh', ['-c', script, ...args]);
  } catch (error) {
    return (error as GantryError).facts;
  }
};

test('a failure names the program with three arguments, how it ended, and the best text there is', async () => {
  const command = (script: string) => `sh -c ${script} a`;
  for (const [script, outcome, stderr] of [
    ['echo out; echo err >&2; exit 3', 'exit code 3', 'err'],
    ['echo out; exit 4', 'exit code 4', 'out'],
    ['exit 5', 'exit code 5', 'no message'],
    ['kill -9 $$', 'signal SIGKILL', 'no message'],
    [`printf '%02500d' 0 >&2; exit 6`, 'exit code 6', '0'.repeat(2000)],
    [`printf '%02500d' 0; exit 7`, 'exit code 7', '0'.repeat(500)],
  ] as const) {
    assert.deepEqual(await failure(script, 'a', 'b'), { command: command(script), outcome, stderr });
  }
  assert.equal(await run('sh', ['-c', 'kill -9 $$'], { okCodes: [-1] }).then(({ code }) => code), -1);
});

test('a program gets the folder and the environment it is given, and standard error is told as it comes', async () => {
  const told: string[] = [];
  const { stdout, stderr } = await run('/bin/sh', ['-c', 'pwd; echo "$A-$LANG"; echo step >&2'], {
    cwd: '/usr',
    env: { A: 'b' },
    onStderr: (text) => told.push(text),
  });
  assert.deepEqual([stdout, stderr, told.join('')], ['/usr\nb-\n', 'step\n', 'step\n']);
});

test('of endless output the beginning is kept, of endless errors the end', async () => {
  const most = 16 * 1024 * 1024;
  const { stdout, stderr } = await run('sh', ['-c', 'echo first; head -c 20000000 /dev/zero; echo last']);
  assert.ok(stdout.startsWith('first\n') && stdout.length <= most && stdout.length > most - 100_000 && stderr === '');
  const errors = (await run('sh', ['-c', '(echo first; head -c 20000000 /dev/zero; echo last) >&2'])).stderr;
  assert.ok(errors.endsWith('last\n') && errors.length <= most && errors.length > most - 100_000);
});

test('nothing starts once it is cancelled, and what has ended leaves no timer and no listener', async () => {
  await assert.rejects(run('gantry-no-such-program', [], { signal: AbortSignal.abort() }), withCode('CANCELLED'));
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const { signal } = new AbortController();
  const before = timers();
  const running = run('true', [], { signal });
  assert.deepEqual([timers() - before, getEventListeners(signal, 'abort').length], [1, 1]);
  await running;
  await assert.rejects(run('gantry-no-such-program', [], { signal }), withCode('COMMAND_MISSING'));
  assert.deepEqual([timers() - before, getEventListeners(signal, 'abort').length], [0, 0]);
});

test('a file that is no program is told as the system tells it', async () => {
  await assert.rejects(run('/etc/passwd', []), withCode('EACCES'));
});

test('the time-out is told in seconds', async () => {
  await assert.rejects(run('sleep', ['60'], { timeoutMs: 50 }), ({ facts }: GantryError) => {
    assert.deepEqual(facts, { subject: 'sleep 60', seconds: 0.05 });
    return true;
  });
});
