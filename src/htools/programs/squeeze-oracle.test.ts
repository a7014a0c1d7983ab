import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { runProgram } from '../command/run-program.ts';

interface OracleCase {
  readonly program: string;
  readonly file: string;
  readonly options: readonly string[];
  readonly code: number;
  /** Lines of standard output. */
  readonly output: readonly string[];
}

const folder = join(import.meta.dirname, 'testdata');
const cases = JSON.parse(readFileSync(join(folder, 'squeeze-oracle.json'), 'utf8')) as OracleCase[];
const under = join(folder, 'hsqueeze-underutilized.data');

async function run(program: string, ...words: string[]) {
  let out = '';
  let err = '';
  const io = { out: (text: string) => void (out += text), err: (text: string) => void (err += text), watched: false };
  return { code: await runProgram(program, words, io), out, err };
}

describe("output and exit code are those of Ganeti's", () => {
  for (const program of ['hsqueeze', 'hroller']) {
    test(program, async () => {
      for (const { file, options, code, output } of cases.filter((given) => given.program === program)) {
        const ours = await run(program, '-t', join(folder, file), ...options);
        assert.deepEqual([ours.out, ours.code], [output.join('\n'), code], `${program} ${file} ${options.join(' ')}`);
      }
    });
  }
});

test('the whole plan as JSON, for programs', async () => {
  const { out, code } = await run('hsqueeze', '-t', under, '--output=json', '--target-resources=0');
  const plan = JSON.parse(out);
  assert.equal(code, 0);
  assert.deepEqual([plan.action, plan.nodes.length, plan.tag, plan.sufficient], ['off', 4, 'htools:standby:auto', true]);
  assert.match(plan.jobSets[0][0].commands[0], /^gnt-instance migrate -f -n node-01-00\d inst-/);
  assert.equal(plan.moves, plan.jobSets.flat().length);
});

test('saved states and scripts: nodes are off, and hold nothing', async () => {
  const scratch = await mkdtemp(join(tmpdir(), 'hsqueeze-'));
  const target = join(scratch, 'plan');
  const { out } = await run('hsqueeze', '-t', under, '--no-headers', `-S${target}`, `-C${target}.sh`);
  const squeezed = await readFile(`${target}.squeezed`, 'utf8');
  const [first, second] = out.split('\n');
  for (const node of [first, second]) {
    assert.match(squeezed, new RegExp(`^${node}\\|(?:[^|]*\\|){6}Y`, 'm'));
    assert.doesNotMatch(squeezed, new RegExp(`\\|${node}\\|`));
  }
  assert.match(await readFile(`${target}.sh`, 'utf8'), /^#!\/bin\/sh\n[^]*check[^]*gnt-node power -f off node-01-00/);
  assert.equal((await run('hsqueeze', '-t', `${target}.original`, '--no-headers')).out, `${first}\n${second}\n`);
  await rm(scratch, { recursive: true });
});

test('a service keeps its minimum while groups of nodes reboot', async () => {
  const scratch = await mkdtemp(join(tmpdir(), 'hroller-'));
  const file = join(scratch, 'location.json');
  const words = ['-t', join(folder, 'hroller-nonredundant.data'), '--ignore-non-redundant', '--no-headers'];
  assert.equal((await run('hroller', ...words)).out.trim().split('\n').length, 1);
  const service = { name: 'web', members: ['inst*'], minimumAlive: 4 };
  await writeFile(file, JSON.stringify({ services: [service] }));
  const { out, err } = await run('hroller', ...words, `--location=${file}`);
  assert.ok(out.trim().split('\n').length > 1, out + err);
  await rm(scratch, { recursive: true });
});

test('bad options and a cluster that cannot be rolled: one error with its code, nothing on standard output', async () => {
  for (const [words, pattern] of [
    [['hsqueeze', '-t', under, '--cpu-limits=0.5,0.9'], /cpu limits/],
    [['hsqueeze', '-t', under, '--memory-limits=much'], /memory limits/],
    [['hsqueeze', '-t', under, '--output=xml'], /output format 'xml'/],
    [['hsqueeze', '-t', '/no/such/file'], /HTOOLS_SOURCE_UNREADABLE/],
    [['hsqueeze', '-t', under, '--location=/no/such/file'], /LOCATION_UNREADABLE/],
    [['hroller', '-t', join(folder, 'hroller-full.data'), '-G', 'none'], /ROLL_GROUP_UNKNOWN/],
    [['hroller', '-t', under, '--node-tags=none', '-f'], /Cannot create node graph/],
    [['hroller', '-t', join(folder, 'unique-reboot-order.data'), '--full-evacuation'], /Not enough capacity to move secondaries/],
  ] as const) {
    const { code, out, err } = await run(...(words as unknown as [string]));
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, pattern);
  }
});
