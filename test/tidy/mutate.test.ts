import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findBreaks } from '../../tools/mutate/find-breaks.ts';
import { importGraph } from '../../tools/mutate/import-graph.ts';
import { runTest } from '../../tools/mutate/run-test.ts';
import { sampleBreaks } from '../../tools/mutate/sample-breaks.ts';
import { BreakRunner } from '../../tools/mutate/try-break.ts';

const root = join(import.meta.dirname, 'testdata/mutate');
const file = 'src/room/bounded.ts';
const files = [file, 'src/room/index.ts', 'src/room/bounded.test.ts'];

const told = (text: string) => findBreaks('src/room/x.ts', text).map(({ kind, before, after }) => `${kind}: ${before} > ${after}`);

test('each kind of break is found', () => {
  assert.deepEqual(told('if (a < b && !c) f(a, b);'), [
    'condition: a < b && !c > false',
    'condition: a < b && !c > (a < b)',
    'condition: a < b && !c > (!c)',
    'comparison: a < b > a >= b',
    'comparison: a < b > a <= b',
    'negation: !c > !!(c)',
    'call: f(a, b); > ;',
    'argument: f(a, b) > f(b, a)',
  ]);
  assert.deepEqual(told('const step = { undo: remove }; const x = await y(); const z = x ?? 1; const w = x ? y : z;'), [
    'undo: undo: remove > undo: async () => undefined',
    'await: await y() > (y())',
    'condition: x ?? 1 > (1)',
    'condition: x ? y : z > (z)',
  ]);
  assert.deepEqual(told('const step = { undo: async () => undefined };'), [], 'it is so already');
  assert.deepEqual(told('const most = Math.max(a, b);'), [], 'the same, whichever comes first');
  assert.deepEqual(told('type A = B extends C ? D : E; interface F { g: H }'), []);
});

test('a sample follows from the seed, and a change of the code elsewhere leaves it as it was', () => {
  const text = Array.from({ length: 40 }, (_, index) => `export const f${index} = (a: number) => a < ${index};`).join('\n');
  const chosen = (source: string, seed: number) =>
    sampleBreaks(findBreaks('src/room/x.ts', source), seed, 5).map(({ identity }) => identity);
  assert.deepEqual(chosen(text, 1), chosen(`// a comment\nconst other = 1;\n${text}`, 1));
  assert.notDeepEqual(chosen(text, 1), chosen(text, 2));
  assert.equal(new Set(chosen(text, 1)).size, 5);
});

test('a file that a test starts as a thread or a program is one that it touches', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-graph-'));
  const texts: Readonly<Record<string, string>> = {
    'inner.ts': 'export const inner = 1;',
    'thread.ts': "import './inner.ts';",
    'starter.ts': "new Worker(new URL('./thread.ts', import.meta.url));",
    'program.ts': "await import('./starter.ts');",
    'near.test.ts': "import './starter.ts';",
    'far.test.ts': "spawn(process.execPath, [join(import.meta.dirname, 'program.ts')]);",
    'other.test.ts': "new URL('./none.ts', import.meta.url); new URL('./thread.ts', base); join(folder, 'thread.ts');",
  };
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
  const testsOf = importGraph(folder, Object.keys(texts));
  assert.deepEqual(testsOf('inner.ts'), [
    { test: 'near.test.ts', distance: 3 },
    { test: 'far.test.ts', distance: 4 },
  ]);
  rmSync(folder, { recursive: true });
});

test('a break is tried on the tests that touch its file, through the door of a room too; the files stay as they are', async () => {
  const text = readFileSync(join(root, file), 'utf8');
  const runner = new BreakRunner(root, importGraph(root, files));
  const limits = { fileMs: 20_000, breakMs: 60_000, signal: new AbortController().signal };
  const outcomes = [];
  for (const broken of findBreaks(file, text)) {
    const { noticedBy } = await runner.try(broken, limits);
    outcomes.push([broken.before, broken.after, noticedBy]);
  }
  assert.deepEqual(outcomes, [
    ['value < 10', 'false', 'src/room/bounded.test.ts'],
    ['value < 10', 'value >= 10', 'src/room/bounded.test.ts'],
    ['value < 10', 'value <= 10', 'src/room/bounded.test.ts'],
    ['value < 20', 'value >= 20', 'src/room/bounded.test.ts'],
    ['value < 20', 'value <= 20', undefined],
  ]);
  assert.equal(readFileSync(join(root, file), 'utf8'), text);
  assert.deepEqual(runner.unsound, []);
});

test('a test that runs out of time has noticed a break only if it is quick without one', async () => {
  const [broken] = findBreaks('src/room/x.ts', 'export const f = (a: number) => a < 1;');
  assert.ok(broken);
  const limits = { fileMs: 30_000, breakMs: 60_000, signal: new AbortController().signal };
  const tests = (names: string[]) => () => names.map((test) => ({ test, distance: 1 }));
  /** Milliseconds that each test takes without a break. */
  const sound: Readonly<Record<string, number>> = { slow: 10_000, quick: 9_999, never: 30_000, fails: 20_000 };
  const run: typeof runTest = async (test, isBroken) => {
    const ms = sound[test] ?? 0;
    if (isBroken) return test === 'fails' ? { end: 'failed', ms } : { end: 'timeout', ms: 30_000 };
    return { end: ms < 30_000 ? 'passed' : 'timeout', ms };
  };
  const outcome = async (...names: string[]) => {
    const runner = new BreakRunner(root, tests(names), run);
    const first = await runner.try(broken, limits);
    const again = await runner.try(broken, limits);
    // What is known of a test without a break counts the same.
    assert.deepEqual([again.noticedBy, again.byTimeout], [first.noticedBy, first.byTimeout]);
    assert.deepEqual(
      runner.unsound,
      names.filter((name) => name === 'never'),
    );
    return [first.noticedBy, first.byTimeout];
  };
  assert.deepEqual(await outcome('slow'), [undefined, false]);
  assert.deepEqual(await outcome('quick'), ['quick', true]);
  assert.deepEqual(await outcome('slow', 'quick'), ['quick', true]);
  assert.deepEqual(await outcome('slow', 'fails'), ['fails', false], 'one that fails may take its time');
  assert.deepEqual(await outcome('never', 'slow'), [undefined, false]);
});

test('a test file is ended when its time is up', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-run-test-'));
  writeFileSync(join(folder, 'hangs.test.ts'), 'setInterval(() => undefined, 1000);');
  const { end } = await runTest('hangs.test.ts', undefined, { root: folder, limitMs: 300, signal: new AbortController().signal });
  assert.equal(end, 'timeout');
  rmSync(folder, { recursive: true });
});
