import type { CodeBreak } from './code-break.ts';
import type { TestsOf } from './import-graph.ts';
import { runTest, type TestRun } from './run-test.ts';

export interface BreakOutcome {
  readonly broken: CodeBreak;
  /** The test file that failed with the break and does not fail without it. */
  readonly noticedBy: string | undefined;
  /** It did not fail, but ran out of time. */
  readonly byTimeout: boolean;
  /** Test files that ran and passed, and the one that failed. */
  readonly tried: readonly string[];
}

export interface Limits {
  /**
   * For one test file. One that takes longer although nothing is broken is left out. One that takes longer only with a break
   * has noticed it, if it took less than a third of this without: else the host may just have been busy.
   */
  readonly fileMs: number;
  /** For all test files of one break. */
  readonly breakMs: number;
  readonly signal: AbortSignal;
}

/** A test that took longer than this has to wait until the quick ones were tried. */
const slowMs = 10_000;

/** Runs the tests that touch a broken file, the nearest first and known slow ones last, until one fails or the time is up. */
export class BreakRunner {
  readonly #root: string;
  readonly #testsOf: TestsOf;
  readonly #runTest: typeof runTest;
  /** How each test ran when nothing was broken. */
  readonly #sound = new Map<string, Promise<TestRun>>();
  readonly #unsound = new Set<string>();
  /** How long each test took when it was last run to its end. */
  readonly #tookMs = new Map<string, number>();

  constructor(root: string, testsOf: TestsOf, run = runTest) {
    this.#root = root;
    this.#testsOf = testsOf;
    this.#runTest = run;
  }

  async try(broken: CodeBreak, limits: Limits): Promise<BreakOutcome> {
    let until = performance.now() + limits.breakMs;
    const tried: string[] = [];
    for (const test of this.#quickFirst(this.#testsOf(broken.file).map(({ test }) => test))) {
      if (performance.now() >= until || limits.signal.aborted) break;
      if (this.#unsound.has(test)) continue;
      tried.push(test);
      const begin = performance.now();
      const { end } = await this.#run(test, broken, limits);
      const byTimeout = end === 'timeout';
      if (end !== 'passed' && (await this.#isSound(test, limits, byTimeout ? limits.fileMs / 3 : limits.fileMs)))
        return { broken, noticedBy: test, byTimeout, tried };
      // One that turns out to be unsound has told nothing, and must not take the time of the others.
      if (this.#unsound.has(test)) until += performance.now() - begin;
    }
    return { broken, noticedBy: undefined, byTimeout: false, tried };
  }

  #quickFirst(tests: readonly string[]): string[] {
    const isSlow = (test: string) => (this.#tookMs.get(test) ?? 0) > slowMs;
    return [...tests.filter((test) => !isSlow(test)), ...tests.filter(isSlow)];
  }

  /** Whether the test passes within a time when nothing is broken; one that does not pass at all, or is too slow, notices nothing. */
  async #isSound(test: string, limits: Limits, withinMs: number): Promise<boolean> {
    const known = this.#sound.get(test) ?? this.#run(test, undefined, limits);
    this.#sound.set(test, known);
    const { end, ms } = await known;
    if (end !== 'passed') this.#unsound.add(test);
    return end === 'passed' && ms < withinMs;
  }

  /** Tests that notice nothing: they fail without a break, or take too long. */
  get unsound(): readonly string[] {
    return [...this.#unsound];
  }

  async #run(test: string, broken: CodeBreak | undefined, { fileMs, signal }: Limits): Promise<TestRun> {
    const run = await this.#runTest(test, broken, { root: this.#root, limitMs: fileMs, signal });
    // One that failed early says nothing about how long it takes.
    if (run.end !== 'failed' || !this.#tookMs.has(test)) this.#tookMs.set(test, run.ms);
    return run;
  }
}
