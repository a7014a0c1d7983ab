import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import type { TestOutcome } from './test-event-reporter.ts';

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** One text for each failure: where, what, and what the file printed. */
  readonly failures: readonly string[];
}

export interface RunFilesOptions {
  readonly concurrency: number;
  /** For one file; then it is killed with its process group. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Tests of a file run in an order drawn with this seed: none may need what another left behind. */
  readonly seed: number;
}

const printedLines = 60;
const reporter = join(import.meta.dirname, 'test-event-reporter.ts');

/** Runs test files, each in a process of its own, and prints a line for each as it ends. */
export async function runTestFiles(root: string, files: readonly string[], options: RunFilesOptions): Promise<TestCounts> {
  const queue = [...files];
  const results: TestCounts[] = [];
  const worker = async () => {
    for (let file = queue.shift(); file !== undefined && !options.signal.aborted; file = queue.shift()) {
      results.push(await runFile(root, file, options));
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, worker));
  const sum = (key: 'passed' | 'failed' | 'skipped') => results.reduce((total, counts) => total + counts[key], 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped'), failures: results.flatMap(({ failures }) => failures) };
}

async function runFile(root: string, file: string, options: RunFilesOptions): Promise<TestCounts> {
  const began = performance.now();
  const dir = await mkdtemp(join(tmpdir(), 'gantry-test-run-'));
  try {
    const events = join(dir, 'events');
    const { ending, printed } = await execute(root, file, events, options);
    const text = await readFile(events, 'utf8').catch(() => '');
    const outcomes = text.split('\n').flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as TestOutcome] : []));
    const counts = countOutcomes(file, outcomes, ending, printed);
    printFile(file, counts, (performance.now() - began) / 1000);
    return counts;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

interface Execution {
  /** How it ended, when that was not as a program whose tests are done ends. */
  readonly ending: string | undefined;
  readonly printed: readonly string[];
}

async function execute(root: string, file: string, events: string, { timeoutMs, signal, seed }: RunFilesOptions): Promise<Execution> {
  const order = ['--test-randomize', `--test-random-seed=${seed}`];
  const report = [`--test-reporter=${reporter}`, `--test-reporter-destination=${events}`];
  const args = ['--disable-warning=ExperimentalWarning', ...order, ...report, file];
  const child = spawn(process.execPath, args, { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const pieces: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => pieces.push(piece.toString()));
  let stopped: string | undefined;
  const stop = (why: string) => {
    stopped ??= why;
    // Its group, so that what it started in the foreground ends with it.
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  const timer = setTimeout(() => stop(`it had not ended after ${timeoutMs / 1000} s and was killed`), timeoutMs);
  const onAbort = () => stop('it was interrupted');
  signal.addEventListener('abort', onAbort, { once: true });
  // Not "close": a daemon that a test left behind may hold the pipes open.
  const [code, killedBy] = (await once(child, 'exit')) as [number | null, string | null];
  clearTimeout(timer);
  signal.removeEventListener('abort', onAbort);
  const ending = stopped ?? (code === 0 || code === 1 ? undefined : `it ended with ${code ?? killedBy}`);
  return { ending, printed: pieces.join('').trimEnd().split('\n').slice(-printedLines) };
}

function countOutcomes(file: string, outcomes: readonly TestOutcome[], ending: string | undefined, printed: readonly string[]): TestCounts {
  const of = (wanted: TestOutcome['outcome']) => outcomes.filter(({ outcome }) => outcome === wanted);
  const failures = of('failed').map(({ name, line, error }) => `${styleText('red', `${file}:${line}  ${name}`)}\n${error ?? ''}`);
  const whole = ending ?? (outcomes.length === 0 ? 'it has no test, or broke before its first one' : undefined);
  if (whole !== undefined) failures.push(styleText('red', `${file}  ${whole}`));
  const output =
    failures.length > 0 && printed.join('').trim() !== '' ? [`printed by ${file}:`, ...printed.map((line) => `  ${line}`)] : [];
  if (output.length > 0) failures[failures.length - 1] += `\n${output.join('\n')}`;
  return { passed: of('passed').length, failed: failures.length, skipped: of('skipped').length, failures };
}

function printFile(file: string, { passed, failed, skipped }: TestCounts, seconds: number): void {
  const mark = failed === 0 ? styleText('green', 'ok  ') : styleText('red', 'FAIL');
  const left = skipped > 0 ? `, ${skipped} skipped` : '';
  process.stdout.write(`${mark}  ${file}  ${passed} passed, ${failed} failed${left}  ${seconds.toFixed(1)} s\n`);
}
