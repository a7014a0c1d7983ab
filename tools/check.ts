import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs, styleText } from 'node:util';

/** One program of the fast check: what it looks after, and how it is run. */
interface Check {
  readonly name: string;
  readonly about: string;
  readonly script: string;
  readonly args: readonly string[];
}

const root = join(import.meta.dirname, '..');
const folders = ['src', 'test', 'bench', 'tools'];
/** What was found is kept, so that a second check looks only at what has changed. */
const incremental = ['--incremental', '--tsBuildInfoFile', join(root, '.cache/types.tsbuildinfo')];

/** The longest first, so that two at a time end soon. */
export const checks: readonly Check[] = [
  { name: 'tidy', about: 'house style, generated pages', script: '', args: ['--test', '--test-reporter=dot', 'test/tidy/*.test.ts'] },
  { name: 'types', about: 'types', script: 'typescript7/bin/tsc', args: ['-p', '.', ...incremental] },
  { name: 'lint', about: 'mistakes that types do not show', script: 'oxlint/bin/oxlint', args: ['--type-aware', '--quiet', ...folders] },
  {
    name: 'layers',
    about: 'order of the rooms, cycles',
    script: 'dependency-cruiser/bin/dependency-cruiser.mjs',
    args: ['--config', 'tools/dependency-cruiser.mjs', ...folders],
  },
  { name: 'unused', about: 'files, exports and packages without use', script: 'knip/bin/knip.js', args: ['--config', 'tools/knip.json'] },
  { name: 'format', about: 'layout of the source', script: '@biomejs/biome/bin/biome', args: ['check'] },
];

export interface CheckOutcome {
  readonly name: string;
  readonly passed: boolean;
  readonly seconds: number;
  readonly output: string;
}

/** Runs the checks (or those named), two at a time, and tells of each as it ends. */
export async function runChecks(only: readonly string[], onEnd: (outcome: CheckOutcome) => void): Promise<readonly CheckOutcome[]> {
  const queue = checks.filter(({ name }) => only.length === 0 || only.includes(name));
  const outcomes: CheckOutcome[] = [];
  const worker = async () => {
    for (let check = queue.shift(); check; check = queue.shift()) {
      const outcome = await runCheck(check);
      outcomes.push(outcome);
      onEnd(outcome);
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
  return outcomes;
}

function runCheck(check: Check): Promise<CheckOutcome> {
  const began = performance.now();
  const script = check.script === '' ? [] : [join(root, 'node_modules', check.script)];
  return new Promise((resolve, reject) => {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const child = spawn(process.execPath, [...script, ...check.args], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    child.stderr.on('data', (text: Buffer) => (output += text.toString()));
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({ name: check.name, passed: code === 0, seconds: (performance.now() - began) / 1000, output: output.trim() }),
    );
  });
}

/** A line for each check, with its output when it failed. */
export function printOutcome({ name, passed, seconds, output }: CheckOutcome): void {
  const mark = passed ? styleText('green', 'ok  ') : styleText('red', 'FAIL');
  process.stdout.write(`${mark}  ${name.padEnd(8)} ${seconds.toFixed(1)} s\n${passed ? '' : `${output}\n`}`);
}

if (import.meta.main) {
  const { positionals } = parseArgs({ allowPositionals: true });
  const unknown = positionals.filter((wanted) => !checks.some(({ name }) => name === wanted));
  if (unknown.length > 0) {
    process.stderr.write(`No such check: ${unknown.join(', ')}. Checks: ${checks.map(({ name }) => name).join(', ')}\n`);
    process.exit(2);
  }
  const outcomes = await runChecks(positionals, printOutcome);
  process.exitCode = outcomes.every(({ passed }) => passed) ? 0 : 1;
}
