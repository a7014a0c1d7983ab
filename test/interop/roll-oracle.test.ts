import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Random, seededRandom } from '../../src/base/index.ts';
import { runProgram } from '../../src/htools/index.ts';
import { wildCluster } from './wild-cluster.ts';

/** Where Debian's package ganeti-htools puts Ganeti's own programs. */
const oracle = '/usr/bin';
const seedCount = 5 * Number(process.env['GANTRY_ORACLE_SEEDS'] ?? 12);

let dir = '';
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gantry-oracle-'));
});
after(() => rm(dir, { recursive: true, force: true }));

interface Answer {
  readonly out: string;
  /** The first line of an error, if there is one. */
  readonly error: string | undefined;
  readonly code: number | null;
}

async function ask(program: string, text: string, options: readonly string[]): Promise<{ theirs: Answer; ours: Answer }> {
  const file = join(dir, 'cluster.data');
  await writeFile(file, text);
  const words = ['-t', file, ...options];
  const { stdout, stderr, status } = spawnSync(join(oracle, program), words, { encoding: 'utf8', env: { LC_ALL: 'C' } });
  let [out, err] = ['', ''];
  const io = { out: (printed: string) => void (out += printed), err: (printed: string) => void (err += printed), watched: false };
  const code = await runProgram(program, words, io);
  const errorIn = (printed: string) => /^Error: .*$/m.exec(printed)?.[0];
  return { theirs: { out: stdout, error: errorIn(stderr), code: status }, ours: { out, error: errorIn(err), code } };
}

/** The first node as master in most cases, and other lines changed by `change`. */
function clusterWith(seed: number, random: Random, change: (columns: string[]) => string[]): string {
  const lines = wildCluster(seed).text.split('\n');
  const first = lines.findIndex((line) => line.startsWith('node'));
  const isMastered = random() < 0.9;
  const changed = lines.map((line, k) => {
    const columns = line.split('|');
    if (k === first && isMastered && columns[7] === 'N') columns[7] = 'M';
    return columns.length < 10 ? line : change(columns).join('|');
  });
  // Restrictions of migration do not hold in Ganeti's hroller.
  return changed.filter((line) => !/^htools:(?:allow)?migration/.test(line)).join('\n');
}

const draw = (random: Random, chances: readonly (readonly [number, ...string[]])[]): string[] =>
  chances.flatMap(([chance, ...words]) => (random() < chance ? words : []));

test('hroller prints what that of Ganeti prints: graphs, colourings, groups, moves and errors', async () => {
  let planned = 0;
  for (let seed = 1; seed <= seedCount; seed++) {
    const random = seededRandom(seed);
    const text = clusterWith(seed, random, (columns) => columns);
    const options = draw(random, [
      // Once secondaries have moved, Ganeti prints some nodes under the names of others.
      random() < 0.4 ? [0.7, '--full-evacuation'] : [0.5, '--print-moves'],
      [0.3, '--offline-maintenance'],
      [0.3, '--ignore-non-redundant'],
      [0.3, '--skip-non-redundant'],
      [0.2, '--one-step-only'],
      [0.3, '--force'],
      [0.2, '--no-headers'],
      [0.5, '-v'],
      [0.4, '-v'],
      [0.2, '--node-tags', 'rack:r1,rack:r2'],
      [0.15, '-G', 'group0'],
      [0.1, '-O', 'node1'],
    ]);
    const { theirs, ours } = await ask('hroller', text, options);
    assert.deepEqual(ours, theirs, `seed ${seed}, ${options.join(' ')}`);
    if (theirs.code === 0) planned++;
  }
  assert.ok(planned > seedCount / 4, `only ${planned} plans were compared`);
});

/** Nodes to switch off; negative: to switch on. */
function switched({ out }: Answer): number {
  const [, direction, names = ''] = /'Nodes to (off|on)line'\n((?:node\S+\n)*)/.exec(out) ?? [];
  return (direction === 'on' ? -1 : 1) * (names.split('\n').length - 1);
}

test('hsqueeze switches off at least as many nodes as that of Ganeti, and switches on no more', async () => {
  let same = 0;
  for (let seed = 1; seed <= seedCount; seed++) {
    const random = seededRandom(seed);
    const isShared = random() < 0.7;
    const text = clusterWith(seed, random, (columns) => {
      if (columns[0]?.startsWith('node') && random() < 0.3) columns[10] = `${columns[10] ? `${columns[10]},` : ''}htools:standby:x`;
      if (columns[0]?.startsWith('inst') && isShared) columns.splice(7, 2, '', 'ext');
      return columns;
    });
    const factor = () => (30 * random()).toFixed(2);
    const options = [`--target-resources=${factor()}`, `--minimal-resources=${factor()}`, ...draw(random, [[0.5, '-C']])];
    const { theirs, ours } = await ask('hsqueeze', text, options);
    assert.equal(ours.code, theirs.code);
    assert.ok(switched(ours) >= switched(theirs), `seed ${seed}, ${options.join(' ')}: ${ours.out}\n${theirs.out}`);
    if (ours.out === theirs.out) same++;
  }
  assert.ok(same > 0.8 * seedCount, `only ${same} plans are the same`);
});
