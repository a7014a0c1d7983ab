import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { programs, runProgram } from '../index.ts';

const data = (name: string) => join(import.meta.dirname, '../programs/testdata', name);
const expected = (name: string) => readFileSync(data(name), 'utf8');

async function run(name: string, ...words: string[]) {
  let out = '';
  let err = '';
  const code = await runProgram(name, words, { out: (text) => void (out += text), err: (text) => void (err += text), watched: false });
  return { code, out, err };
}

test('hbal prints what Ganeti prints: moves, commands and nodes', async () => {
  const { code, out, err } = await run('hbal', '-t', data('hbal-evac.data'), '-C', '-p');
  assert.equal(out, expected('hbal-evac.out'));
  assert.equal(err, expected('hbal-evac.err'));
  assert.equal(code, 0);
});

test('hinfo prints what Ganeti prints: groups, nodes with more fields, instances', async () => {
  const { code, out, err } = await run('hinfo', '-vv', `-t${data('common-suffix.data')}`, '-p+fqdn,plist,peermap', '--print-instances');
  assert.equal(out, expected('hinfo-suffix.out'));
  assert.equal(err, expected('hinfo-suffix.err'));
  assert.equal(code, 0);
});

test('hcheck prints what Ganeti prints for machines, and its code says that there is something to do', async () => {
  const { code, out } = await run('hcheck', '--machine-readable', '-t', data('n1-failure.data'));
  assert.equal(out, expected('hcheck-n1.out'));
  assert.equal(code, 1);
  assert.equal((await run('hcheck', '--no-simulation', '-t', data('n1-failure.data'))).code, 0);
});

test('a plan that was saved is where the next run begins', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hbal-'));
  try {
    const file = join(folder, 'plan');
    await run('hbal', '-t', data('hbal-evac.data'), '-S', file, `-C${file}.sh`);
    assert.match(readFileSync(`${file}.sh`, 'utf8'), /^#!\/bin\/sh\n[^]*\n {2}gnt-instance replace-disks -n node-3 inst-s1\n$/);
    assert.equal((await run('hinfo', '-t', `${file}.original`)).out, (await run('hinfo', '-t', data('hbal-evac.data'))).out);
    assert.match((await run('hbal', '-t', `${file}.balanced`)).out, /Initial score: 0\.32499299\n[^]*No solution found/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('options may be cut short, joined and repeated', async () => {
  const whole = await run('hbal', '--verbose', '--verbose', '--text-data', data('hbal-evac.data'), '--max-length=1');
  assert.deepEqual(await run('hbal', '-vvl1', '--text', data('hbal-evac.data')), whole);
  assert.match(whole.out, /Solution length=1\n$/);
  const none = await run('hbal', '-q', '-l', '0', '-t', data('hbal-evac.data'), '--no-disk');
  assert.match(none.out, /No solution found\n$/);
});

test('a command line that makes no sense changes nothing and ends with 2, a wrong value with 1', async () => {
  const refusals: [string[], number, RegExp][] = [
    [['--no-such-option'], 2, /^Command line error: unrecognized option `--no-such-option'\n {2}code: {2}HTOOLS_OPTIONS_INVALID\n/],
    [['-Z', '-t'], 2, /unrecognized option `-Z'\noption `-t' requires an argument FILE\n/],
    [['--print'], 2, /option `--print' is ambiguous; could be one of: --print-nodes --print-instances --print-commands\n/],
    [['--evac-mode=3'], 2, /option `--evac-mode' doesn't allow an argument\n/],
    [['-l', '5.5'], 1, /^Error while parsing command line arguments:\nmax solution length: /],
    [['-l', 'x'], 1, /cannot parse string 'x'/],
    [['--max-cpu', '-1'], 1, /expected >0/],
    [['--priority=abc'], 1, /Unknown priority 'abc'/],
    [['--mond=maybe'], 1, /Invalid choice 'maybe'/],
    [['unexpected'], 1, /^Error: This program doesn't take any arguments\.\n$/],
    [[], 1, /^Error: failed to load data, aborting: No backend selected!/],
    [['-t', '/dev/null', '-m', 'x'], 1, /^Error: Only one of the rapi, luxi, and data files options should be given\.\n$/],
    [['-t', data('hbal-evac.data'), '-X'], 1, /^Error: hbal: Execution of commands possible only on LUXI\n$/],
    [['-t', data('hbal-evac.data'), '-O', 'nobody'], 1, /^Error: wrong node name\(s\) set as offline: nobody\n/],
    [
      ['-t', data('hbal-evac.data'), '-G', 'nowhere'],
      1,
      /^Node group nowhere not found\. Node group list is:\n {2}group-01\nError: Aborting\.\n/,
    ],
    [['-t', data('hbal-evac.data'), '--select-instances', 'a,b'], 1, /Unknown instance\(s\): a, b\n/],
  ];
  for (const [words, code, message] of refusals) {
    const result = await run('hbal', ...words);
    assert.match(result.err, message, words.join(' '));
    assert.equal(result.code, code, words.join(' '));
  }
});

test('every program says its version, its options, and what completes them', async () => {
  for (const name of Object.keys(programs)) {
    assert.match((await run(name, '--version')).out, new RegExp(`^${name} \\(gantry\\) version \\d`));
    const help = (await run(name, '--help')).out;
    assert.match(help, new RegExp(`\nUsage: ${name} \\[OPTION\\.\\.\\.\\]`));
    const { out, code } = await run(name, '--help-completion');
    assert.equal(code, 0);
    for (const line of out.split('\n').slice(0, -1)) {
      assert.match(line, /^(?:(?:-\w,)?--[\w-]+ [\w=,-]+|\w+ \d (?:none|\d))$/);
      const long = /--[\w-]+/.exec(line)?.[0];
      if (long !== undefined) assert.ok(help.includes(` ${long}`), `${name} ${long}`);
    }
  }
});

test('hscan saves clusters, and tells of those that it cannot read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hscan-'));
  try {
    writeFileSync(join(folder, 'nodes'), 'no JSON');
    const { code, out } = await run('hscan', '-d', folder, `file://${folder}`);
    assert.match(out, new RegExp(`^Name +Nodes  Inst [^]*\nError for file://${folder}: failed to load data\\. Details:\n`));
    assert.equal(code, 2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a name that is none of the programs is refused', async () => {
  const { code, err } = await run('hfoo');
  assert.match(err, /^Error: Unrecognised personality 'hfoo'\.\n/);
  assert.equal(code, 1);
});

test('the command of a checkout runs the program whose name it has', async () => {
  const command = join(import.meta.dirname, '../../../bin/hbal');
  const { stdout } = await promisify(execFile)(command, ['-t', data('hbal-evac.data'), '-C'], { env: { ...process.env, HTOOLS: '' } });
  assert.equal(stdout, expected('hbal-evac.out'));
});
