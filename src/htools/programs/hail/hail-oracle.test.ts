import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../../command/run-program.ts';

interface Case {
  readonly name: string;
  readonly input: unknown;
  readonly answers: readonly { readonly options: readonly string[]; readonly answer: unknown }[];
}

const testdata = fileURLToPath(new URL('testdata/', import.meta.url));
/** What Debian's Ganeti 3.0.2 answered. */
const cases: readonly Case[] = JSON.parse(readFileSync(join(testdata, 'hail-oracle.json'), 'utf8'));

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hail-'));
});
after(() => rm(folder, { recursive: true }));

async function hail(input: unknown, ...options: readonly string[]) {
  const file = join(folder, 'request.json');
  await writeFile(file, JSON.stringify(input));
  let out = '';
  let err = '';
  const io = { out: (text: string) => void (out += text), err: (text: string) => void (err += text), watched: false };
  const code = await runProgram('hail', [file, ...options], io);
  return { code, out, err };
}

describe("answers are Ganeti's", () => {
  for (const { name, input, answers } of cases) {
    for (const { options, answer } of answers) {
      test([name, ...options].join(' '), async () => {
        const words = options.map((word) => (word.endsWith('.data') ? join(testdata, word) : word));
        const { code, out } = await hail(input, ...words);
        assert.equal(code, 0);
        assert.deepEqual(JSON.parse(out), answer);
      });
    }
  }
});

describe('rules of location', () => {
  const request = (name: string) => cases.find((each) => each.name === name)?.input;
  const location = [
    'levels: [rack]',
    'domains:',
    '  - { name: r1, level: rack, nodes: [node1, node2] }',
    '  - { name: r2, level: rack, nodes: [node3, node4] }',
    'services:',
    '  - { name: web, members: [instance1], rules: [{ pinned: [r2] }] }',
  ].join('\n');

  test('refuse nodes, and the explanation counts every node once', async () => {
    const file = join(folder, 'location.yaml');
    await writeFile(file, location);
    const free = await hail(request('hail-alloc-drbd'));
    assert.deepEqual(JSON.parse(free.out).result, ['node2', 'node1']);
    const bound = await hail(request('hail-alloc-drbd'), '--location', file, '--explain');
    const { success, result, info } = JSON.parse(bound.out);
    assert.equal(success, true, info);
    assert.deepEqual(result.toSorted(), ['node3', 'node4']);
    assert.match(info, /successes 2, failures 10 \(location rules: 10\)/);
    const counts = [...bound.err.matchAll(/(\d+) nodes? \(/g)].map(([, count]) => Number(count));
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      4,
    );
    assert.match(bound.err, /2 nodes \(\S+, \S+\): possible; .*web/);
  });
});

test('one file is needed, and no more', async () => {
  let err = '';
  const io = { out: () => undefined, err: (text: string) => void (err += text), watched: false };
  assert.equal(await runProgram('hail', [], io), 1);
  assert.match(err, /needs an input file/);
  assert.equal(await runProgram('hail', ['a', 'b'], io), 1);
  assert.match(err, /Only one argument/);
});
