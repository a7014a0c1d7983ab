import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CodeBreak } from './code-break.ts';
import type { TestsOf } from './import-graph.ts';

export interface BreakOutcome {
  readonly broken: CodeBreak;
  /** The test file that failed with the break and does not fail without it. */
  readonly noticedBy: string | undefined;
  /** Test files that ran and passed, and the one that failed. */
  readonly tried: readonly string[];
}

export interface Limits {
  /** For one test file. One that takes longer although nothing is broken is left out; one that takes longer only with a break has noticed it. */
  readonly fileMs: number;
  /** For all test files of one break. */
  readonly breakMs: number;
  readonly signal: AbortSignal;
}

const hook = pathToFileURL(join(import.meta.dirname, 'break-hook.ts')).href;

/** A test that took longer than this has to wait until the quick ones were tried. */
const slowMs = 10_000;

/** Runs the tests that touch a broken file, the nearest first and known slow ones last, until one fails or the time is up. */
export class BreakRunner {
  readonly #root: string;
  readonly #testsOf: TestsOf;
  readonly #sound = new Map<string, Promise<boolean>>();
  readonly #unsound = new Set<string>();
  /** How long each test took when it was last run to its end. */
  readonly #tookMs = new Map<string, number>();

  constructor(root: string, testsOf: TestsOf) {
    this.#root = root;
    this.#testsOf = testsOf;
  }

  async try(broken: CodeBreak, limits: Limits): Promise<BreakOutcome> {
    let until = performance.now() + limits.breakMs;
    const tried: string[] = [];
    for (const test of this.#quickFirst(this.#testsOf(broken.file).map(({ test }) => test))) {
      if (performance.now() >= until || limits.signal.aborted) break;
      if (this.#unsound.has(test)) continue;
      tried.push(test);
      const begin = performance.now();
      if (!(await this.#passes(test, broken, limits)) && (await this.#isSound(test, limits))) return { broken, noticedBy: test, tried };
      // One that turns out to be unsound has told nothing, and must not take the time of the others.
      if (this.#unsound.has(test)) until += performance.now() - begin;
    }
    return { broken, noticedBy: undefined, tried };
  }

  #quickFirst(tests: readonly string[]): string[] {
    const isSlow = (test: string) => (this.#tookMs.get(test) ?? 0) > slowMs;
    return [...tests.filter((test) => !isSlow(test)), ...tests.filter(isSlow)];
  }

  /** Whether the test passes when nothing is broken; one that does not, or is too slow, notices nothing. */
  async #isSound(test: string, limits: Limits): Promise<boolean> {
    const known = this.#sound.get(test) ?? this.#passes(test, undefined, limits);
    this.#sound.set(test, known);
    if (await known) return true;
    this.#unsound.add(test);
    return false;
  }

  /** Tests that notice nothing: they fail without a break, or take too long. */
  get unsound(): readonly string[] {
    return [...this.#unsound];
  }

  async #passes(test: string, broken: CodeBreak | undefined, { fileMs, signal }: Limits): Promise<boolean> {
    // Inside of a test, a program that is a test of its own must not know of the outer one.
    const { NODE_TEST_CONTEXT: _, ...env }: NodeJS.ProcessEnv = process.env;
    if (broken) {
      env['NODE_OPTIONS'] = `${process.env['NODE_OPTIONS'] ?? ''} --import=${hook}`.trim();
      env['GANTRY_TEST_BREAK'] = JSON.stringify({ ...broken, path: join(this.#root, broken.file) });
    }
    const args = ['--disable-warning=ExperimentalWarning', '--test-reporter=dot', test];
    // A group of its own, so that whatever the test started ends with it.
    const child = spawn(process.execPath, args, { cwd: this.#root, env, detached: true, stdio: 'ignore' });
    const stop = () => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL');
    };
    const begin = performance.now();
    const timer = setTimeout(stop, fileMs);
    signal.addEventListener('abort', stop, { once: true });
    const [code] = (await once(child, 'exit')) as [number | null];
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    // One that failed early says nothing about how long it takes.
    if (code !== 1 || !this.#tookMs.has(test)) this.#tookMs.set(test, performance.now() - begin);
    return code === 0;
  }
}
