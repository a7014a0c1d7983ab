import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

// Runs the shell tests of Ganeti's htools from the source of a Ganeti against our programs, or with --oracle against the
// installed Ganeti's own. With --oracle-data only the prepared data come from the installed ones. Needs Debian's package shelltestrunner.

/** By the names that the tests call them by. */
const programs: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['hail', 'harep', 'hbal', 'hcheck', 'hinfo', 'hroller', 'hscan', 'hspace', 'hsqueeze'].map((name) => [name, name])),
  'hpc-mon-collector': 'mon-collector',
};
const usage = 'Usage: node test/interop/shelltests.ts GANETI-SOURCE [--oracle | --oracle-data] [--only NAME]... [--failures]\n';

interface FileResult {
  readonly file: string;
  readonly passed: readonly number[];
  readonly failed: readonly number[];
}

const ownProgram = (name: string): string => join(import.meta.dirname, '../../bin', name);

/** Where Debian's packages ganeti-htools and, for the collectors, ganeti-haskell-3.0 have them. */
const installedElsewhere: Readonly<Record<string, string>> = {
  hail: '/usr/lib/ganeti/iallocators/hail',
  'mon-collector': '/usr/lib/ganeti/3.0/usr/lib/ganeti/mon-collector',
};
const installedProgram = (name: string): string => installedElsewhere[name] ?? `/usr/bin/${name}`;

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      oracle: { type: 'boolean' },
      'oracle-data': { type: 'boolean' },
      only: { type: 'string', multiple: true },
      failures: { type: 'boolean' },
    },
  });
  const [source] = positionals;
  if (source === undefined || positionals.length > 1) {
    process.stderr.write(usage);
    return 2;
  }
  const scratch = mkdtempSync(join(tmpdir(), 'gantry-shelltests-'));
  try {
    const run = setUp(resolve(source), values.oracle || values['oracle-data'] ? installedProgram : ownProgram, scratch);
    if (values['oracle-data']) linkPrograms(ownProgram, scratch);
    const all = testFiles(resolve(source), values.only ?? []);
    // The collectors are in a package of Ganeti's that drags in the whole of it.
    const without = values.oracle && !existsSync(installedProgram('mon-collector')) ? 'htools-mon-collector.test' : undefined;
    if (without !== undefined) process.stdout.write(`${without} is left out: the package ganeti-haskell-3.0 is not installed\n`);
    const files = all.filter((file) => basename(file) !== without);
    const output = run('shelltest', files);
    if (values.failures) process.stdout.write(output);
    const results = readResults(files, output);
    printResults(results);
    return results.every(({ failed, passed }) => failed.length === 0 && passed.length > 0) ? 0 : 1;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Test files by name (`hbal` for `htools-hbal.test`). */
function testFiles(source: string, only: readonly string[]): string[] {
  const folder = join(source, 'test/hs/shelltests');
  return readdirSync(folder)
    .filter((name) => /^htools-.*\.test$/.test(name))
    .filter((name) => only.length === 0 || only.includes(name.slice('htools-'.length, -'.test'.length)))
    .sort()
    .map((name) => join(folder, name));
}

/** Prepares the data as Ganeti's test/hs/offline-test.sh does. @returns what runs a program within it */
function setUp(source: string, find: (name: string) => string, scratch: string): (program: string, args: readonly string[]) => string {
  const data = join(source, 'test/data/htools');
  const t = join(scratch, 't');
  mkdirSync(join(scratch, 'test/hs'), { recursive: true });
  mkdirSync(join(t, 'hscan'), { recursive: true });
  linkPrograms(find, scratch);
  const { NODE_TEST_CONTEXT: _, HTOOLS: _role, ...inherited } = process.env;
  const env = {
    ...inherited,
    T: t,
    TESTDATA_DIR: data,
    PYTESTDATA_DIR: join(source, 'test/data'),
    BACKEND_BAL_STD: `-t${t}/simu-rebal-merged.standard`,
    BACKEND_BAL_TIER: `-t${t}/simu-rebal-merged.tiered`,
    BACKEND_DYNU: `-t ${t}/simu-onegroup.standard`,
    BACKEND_EXCL: `-t ${t}/simu-onegroup.standard`,
    RAPI_URL: `file://${data}/rapi`,
  };
  const run = (program: string, args: readonly string[]): string => {
    const { stdout, stderr, error } = spawnSync(program, args, { cwd: scratch, env, encoding: 'utf8', maxBuffer: 1 << 28 });
    if (error) throw error;
    return stdout + stderr;
  };
  simulateClusters(run, t);
  prepareRequests(data, t);
  run('./test/hs/hscan', ['-d', join(t, 'hscan/'), '-p', '-v', '-v', env.RAPI_URL]);
  const scanned = readdirSync(join(t, 'hscan')).find((name) => name.endsWith('.data')) ?? 'nothing-was-scanned';
  writeFileSync(join(t, 'hscan/direct.hinfo'), run('./test/hs/hinfo', ['-p', '--print-instances', '-m', env.RAPI_URL]));
  const fromText = run('./test/hs/hinfo', ['-p', '--print-instances', '-t', join(t, 'hscan', scanned)]);
  writeFileSync(join(t, 'hscan/fromtext.hinfo'), fromText);
  return run;
}

/** Puts the programs where the tests look for them. */
function linkPrograms(find: (name: string) => string, scratch: string): void {
  for (const [called, name] of Object.entries(programs)) {
    const place = join(scratch, 'test/hs', called);
    rmSync(place, { force: true });
    symlinkSync(find(name), place);
  }
}

function simulateClusters(run: (program: string, args: readonly string[]) => string, t: string): void {
  const group = (policy: string) => ['--simu', `${policy},4,8T,64g,16`];
  const fill = (name: string, groups: readonly string[]) =>
    run('./test/hs/hspace', [...groups, '-S', join(t, name), '--disk-template', 'drbd', '-l', '8']);
  fill('simu-onegroup', group('p'));
  fill('simu-twogroups', [...group('p'), ...group('p')]);
  fill('simu-rebal-orig', [...group('u'), ...group('p')]);
  // All nodes go into the first group, so that there is something to balance.
  for (const suffix of ['standard', 'tiered']) {
    const lines = readOr(join(t, `simu-rebal-orig.${suffix}`)).split('\n');
    const merged = lines.map((line) => line.replace(/^(node-.*|fake-uuid-)-02(|.*)/, '$1-01$2'));
    writeFileSync(join(t, `simu-rebal-merged.${suffix}`), merged.join('\n'));
  }
}

/** What hspace did not write is empty, and its tests fail. */
function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return '';
  }
}

function prepareRequests(data: string, t: string): void {
  const evacuation = readFileSync(join(data, 'hail-node-evac.json'), 'utf8');
  for (const mode of ['primary-only', 'secondary-only', 'all']) {
    const text = withoutSpindles(evacuation).replace('"evac_mode": "all"', `"evac_mode": "${mode}"`);
    writeFileSync(join(t, `hail-node-evac.json.${mode}`), text);
  }
  const exclusive = ['alloc-drbd', 'alloc-invalid-twodisks', 'alloc-twodisks', 'change-group', 'node-evac', 'reloc-drbd', 'alloc-spindles'];
  for (const name of exclusive.map((kind) => `hail-${kind}.json`)) {
    const text = readFileSync(join(data, name), 'utf8').replaceAll('"exclusive_storage": false', '"exclusive_storage": true');
    writeFileSync(join(t, `${name}.excl-stor`), text);
    writeFileSync(join(t, `${name}.fail-excl-stor`), withoutSpindles(text));
  }
}

const withoutSpindles = (text: string): string => text.replace(/"spindles": [0-9]+,/g, '');

function readResults(files: readonly string[], output: string): FileResult[] {
  const found = [...output.matchAll(/^:(.*\.test)(?::(\d+))?: \[(OK|Failed)\]/gm)];
  return files.map((file) => {
    const own = found.filter(([, path = '']) => basename(path) === basename(file));
    const numbers = (outcome: string) => own.filter(([, , , result]) => result === outcome).map(([, , number = '1']) => Number(number));
    return { file: basename(file), passed: numbers('OK'), failed: numbers('Failed') };
  });
}

function printResults(results: readonly FileResult[]): void {
  let passedInAll = 0;
  let all = 0;
  for (const { file, passed, failed } of results) {
    passedInAll += passed.length;
    all += passed.length + failed.length;
    const misses = failed.length > 0 ? `   failed: ${failed.join(' ')}` : '';
    process.stdout.write(`${file.padEnd(32)} ${String(passed.length).padStart(3)} of ${passed.length + failed.length}${misses}\n`);
  }
  process.stdout.write(`${passedInAll} of ${all} pass\n`);
}

process.exitCode = main();
