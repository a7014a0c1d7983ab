import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { checks, printOutcome, runChecks } from './check.ts';
import { runTestFiles, type TestCounts } from './run-test-files.ts';

/** Files that run together, some at a time, and how long one file may take. */
interface Phase {
  readonly name: string;
  readonly patterns: readonly string[];
  readonly concurrency: number;
  readonly minutes: number;
}

const root = join(import.meta.dirname, '..');

const phases: readonly Phase[] = [
  { name: 'unit tests', patterns: ['src/**/*.test.ts', 'bench/**/*.test.ts', 'test/tidy/**/*.test.ts'], concurrency: 2, minutes: 6 },
  // These have whole clusters to themselves; two at a time would only make each slower.
  { name: 'tests of several nodes', patterns: ['test/**/*.test.ts'], concurrency: 1, minutes: 45 },
];

/** With this seed Node's generator gives eleven high numbers first, so that it takes the last of the tests that are left each time. */
const reversingSeed = 73_377_733;

const usage = `Usage: gantry test [--fast] [--only <part of a path>] [--seed <number> | --reversed] [--no-breaks]

  --fast          only the check of types, mistakes, layers, layout and house style
  --only <text>   only test files whose path has this in it; repeat for more
  --no-breaks     do not try small breaks of the code on the tests at the end (five minutes; tools/mutate.ts)
  --seed <n>      order of the tests in each file; without it, one drawn from the commit, so that what fails elsewhere fails here
  --reversed      the last test of each file first (exactly so up to 11 tests): finds each test that needs one before it
`;

class UsageError extends Error {}

/** Everything, or what was asked for; the last line has the counts. */
async function runTests(args: readonly string[]): Promise<number> {
  const options = {
    fast: { type: 'boolean' },
    only: { type: 'string', multiple: true },
    seed: { type: 'string' },
    reversed: { type: 'boolean' },
    'no-breaks': { type: 'boolean' },
    help: { type: 'boolean' },
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const seed = chooseSeed(values);
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort());
  const total = { passed: 0, failed: 0, skipped: 0 };
  if (!values.only) add(total, await runFastCheck(values.fast === true));
  const failures: string[] = [];
  const done = new Set<string>();
  for (const phase of values.fast ? [] : phases) {
    const files = phaseFiles(phase, values.only).filter((file) => !done.has(file));
    for (const file of files) done.add(file);
    if (files.length === 0 || abort.signal.aborted) continue;
    process.stdout.write(`\n== ${phase.name}: ${files.length} files, in the order of seed ${seed}\n`);
    const timeoutMs = phase.minutes * 60_000;
    const counts = await runTestFiles(root, files, { concurrency: phase.concurrency, timeoutMs, signal: abort.signal, seed });
    add(total, counts);
    failures.push(...counts.failures);
  }
  if (!values.fast && !values.only && !values['no-breaks'] && !abort.signal.aborted) {
    const counts = await tryBreaks(abort.signal);
    add(total, counts);
    failures.push(...counts.failures);
  }
  if (abort.signal.aborted) failures.push('interrupted');
  if (failures.length > 0) process.stdout.write(`\n== what failed\n\n${failures.join('\n\n')}\n`);
  const none = total.passed + total.failed === 0;
  if (none) process.stdout.write('No test fits.\n');
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}\n`);
  return total.failed > 0 || none || abort.signal.aborted ? 1 : 0;
}

function chooseSeed({ seed, reversed }: { seed?: string; reversed?: boolean }): number {
  if (reversed) return reversingSeed;
  if (seed === undefined) return seedOfCommit();
  const number = Number(seed);
  if (!Number.isInteger(number) || number < 0) throw new UsageError(`--seed: "${seed}" is not a whole number`);
  return number;
}

/** Each commit has an order of its own, and every run of one commit has the same; without Git a seed is drawn. */
function seedOfCommit(): number {
  const { stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const commit = /^[0-9a-f]{40,}$/.test(stdout?.trim() ?? '') ? stdout.slice(0, 5) : '';
  return commit === '' ? 1 + Math.floor(Math.random() * 1e6) : Number.parseInt(commit, 16);
}

/**
 * A small sample of breaks, the same from day to day. Few are tried in five minutes, so the limit is far below what is noticed: it tells when tests no
 * longer run their code, and does not judge one change.
 */
async function tryBreaks(signal: AbortSignal): Promise<TestCounts> {
  process.stdout.write('\n== small breaks of the code, tried on the tests\n');
  const args = [join(root, 'tools/mutate.ts'), '--seed', '1', '--each', '12', '--minutes', '5', '--at-least', '15'];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  const [code] = (await once(child, 'exit')) as [number | null];
  signal.removeEventListener('abort', stop);
  const failed = code === 0 ? 0 : 1;
  return { passed: 1 - failed, failed, skipped: 0, failures: failed ? ['too few of the small breaks were noticed (tools/mutate.ts)'] : [] };
}

/** The tidy check is made of tests, which the full run has anyway. */
async function runFastCheck(withTidy: boolean): Promise<TestCounts> {
  process.stdout.write('== fast check\n');
  const names = checks.map(({ name }) => name).filter((name) => withTidy || name !== 'tidy');
  const outcomes = await runChecks(names, printOutcome);
  const failed = outcomes.filter(({ passed }) => !passed);
  return {
    passed: outcomes.length - failed.length,
    failed: failed.length,
    skipped: 0,
    failures: failed.map(({ name, output }) => `check "${name}"\n${output}`),
  };
}

function phaseFiles({ patterns }: Phase, only: readonly string[] | undefined): string[] {
  const exclude = (path: string) => path.includes('node_modules') || path.includes('testdata');
  return globSync([...patterns], { cwd: root, exclude })
    .map((path) => relative('', path))
    .filter((path) => !only || only.some((part) => path.includes(part)))
    .sort();
}

function add(total: { passed: number; failed: number; skipped: number }, counts: TestCounts): void {
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}

try {
  process.exitCode = await runTests(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError) && (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') !== true) throw error;
  process.stderr.write(`Error: ${(error as Error).message}\n\n${usage}`);
  process.exitCode = 2;
}
