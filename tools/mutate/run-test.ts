import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CodeBreak } from './code-break.ts';

export interface TestRun {
  readonly end: 'passed' | 'failed' | 'timeout';
  readonly ms: number;
}

export interface TestRunOptions {
  readonly root: string;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

const hook = pathToFileURL(join(import.meta.dirname, 'break-hook.ts')).href;

/** Runs one test file, with a break or without. */
export async function runTest(test: string, broken: CodeBreak | undefined, { root, limitMs, signal }: TestRunOptions): Promise<TestRun> {
  // Inside of a test, a program that is a test of its own must not know of the outer one.
  const { NODE_TEST_CONTEXT: _, ...env }: NodeJS.ProcessEnv = process.env;
  if (broken) {
    env['NODE_OPTIONS'] = `${process.env['NODE_OPTIONS'] ?? ''} --import=${hook}`.trim();
    env['GANTRY_TEST_BREAK'] = JSON.stringify({ ...broken, path: join(root, broken.file) });
  }
  const args = ['--disable-warning=ExperimentalWarning', '--test-reporter=dot', test];
  // A group of its own, so that whatever the test started ends with it.
  const child = spawn(process.execPath, args, { cwd: root, env, detached: true, stdio: 'ignore' });
  const stop = () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  const begin = performance.now();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stop();
  }, limitMs);
  signal.addEventListener('abort', stop, { once: true });
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(timer);
  signal.removeEventListener('abort', stop);
  return { end: code === 0 ? 'passed' : isLate ? 'timeout' : 'failed', ms: performance.now() - begin };
}
