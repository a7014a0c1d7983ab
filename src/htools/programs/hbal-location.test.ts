import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runProgram } from '../command/run-program.ts';

const examples = join(import.meta.dirname, '../../../docs/examples/location');
const cluster = ['-t', join(examples, 'cluster.data')];
const location = ['--location', join(examples, 'location.yaml')];

let dir = '';
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gantry-hbal-'));
});
after(() => rm(dir, { recursive: true, force: true }));

async function hbal(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const printed = { out: '', err: '' };
  const io = { out: (text: string) => void (printed.out += text), err: (text: string) => void (printed.err += text), watched: false };
  const code = await runProgram('hbal', words, io);
  return { code, ...printed };
}

describe('hbal with rules of location', () => {
  test('mends what is broken, says by which move, and leaves nothing broken', async () => {
    const { code, out } = await hbal(...cluster, ...location, '--explain');
    assert.equal(code, 0);
    assert.match(out, /^Rules of location: hard ones broken by \d+, .*\n {2}everything: replicas in different racks: /m);
    assert.match(out, / a=.*\n {7}improves: .*web: at most 1 per rack/);
    assert.match(out, /^Rules of location: all hard ones hold, weighted ones cost 0\.0+$/m);
  });

  test('draws the cluster before and after', async () => {
    const file = join(dir, 'cluster.svg');
    const { code, err } = await hbal(...cluster, ...location, '--svg', file);
    assert.equal(code, 0);
    assert.match(err, /picture .* has been written/);
    const svg = await readFile(file, 'utf8');
    for (const name of ['rack1', 'rack3', 'node6', 'web1']) assert.ok(svg.includes(name), name);
  });

  test('refuses a file that is not there, and changes nothing', async () => {
    const file = join(dir, 'none.svg');
    const { code, err } = await hbal(...cluster, '--location', join(dir, 'none.yaml'), '--svg', file);
    assert.equal(code, 1);
    assert.match(err, /none\.yaml/);
    await assert.rejects(readFile(file));
  });
});

describe('hbal --optimize', () => {
  const scores = (out: string) => [...(/improved from (\S+) to (\S+)/.exec(out) ?? [])].slice(1).map(Number) as [number, number];

  test('ends nowhere worse than single moves do, and tells what the plan costs', async () => {
    const greedy = await hbal(...cluster, ...location);
    const searched = await hbal(...cluster, ...location, '--optimize', '--steps', '500', '--threads', '2');
    assert.equal(searched.code, 0);
    assert.ok(scores(searched.out)[1] <= scores(greedy.out)[1]);
    assert.match(searched.out, /^Plan: \d+ moves in \d+ sets that run in parallel, [\d.]+ GiB to copy, about \d+/m);
  });

  test('is the same for the same seed, steps and threads', async () => {
    const run = () => hbal(...cluster, '--optimize', '--steps', '300', '--threads', '2', '--seed', '5', '-C');
    assert.deepEqual(await run(), await run());
  });

  test('keeps to its limits', async () => {
    const few = await hbal(...cluster, ...location, '--optimize', '--steps', '300', '--threads', '1', '--max-moves', '2');
    assert.match(few.out, /Solution length=[12]\n/);
    const none = await hbal(...cluster, '--optimize', '--steps', '300', '--threads', '1', '--max-data', '0');
    assert.match(none.out, /, 0\.0 GiB to copy/);
  });

  test('says what it cannot be combined with', async () => {
    const { code, err } = await hbal(...cluster, '--optimize', '--no-disk-moves');
    assert.equal(code, 1);
    assert.match(err, /--optimize cannot be combined/);
  });
});
