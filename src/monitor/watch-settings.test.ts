import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readSettings, watchSettings } from './watch-settings.ts';

const dir = mkdtempSync(join(tmpdir(), 'gantry-settings-'));
after(() => rmSync(dir, { recursive: true }));

const file = join(dir, 'monitor.json');
const write = (value: unknown) => writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));

test("names and units are those of Ganeti's configuration; no file sets nothing", () => {
  assert.deepEqual(readSettings(join(dir, 'none', 'here')), new Map());
  write({
    data_collectors: {
      lv: { active: false, interval: 60_000_000 },
      'node-health': { command: 'check-raid' },
      drbd: { active: true },
      cpu: {},
    },
  });
  assert.deepEqual(
    [...readSettings(file)],
    [
      ['lv', { active: false, interval: 60 }],
      ['node-health', { command: 'check-raid' }],
      ['drbd', { active: true }],
      ['cpu', {}],
    ],
  );
});

test('what is wrong with a file is said', () => {
  for (const [wrong, problem] of [
    ['{"data_collectors": {', /JSON/],
    [[], /the file is not an object/],
    [{ collectors: {} }, /"collectors" is not known/],
    [{ data_collectors: { cpu_avg_load: {} } }, /"cpu_avg_load" is the name of no collector.*cpu-avg-load, diskstats/],
    [{ data_collectors: 5 }, /data_collectors is not an object/],
    [{ data_collectors: { lv: null } }, /lv is not an object/],
    [{ data_collectors: { lv: { active: 'no' } } }, /"active" of lv/],
    [{ data_collectors: { lv: { interval: '5' } } }, /"interval" of lv/],
    [{ data_collectors: { lv: { interval: 5 } } }, /"interval" of lv is not between 100000 and/],
    [{ data_collectors: { 'node-health': { command: '../diagnose' } } }, /"command" of node-health is not the name/],
    [{ data_collectors: { lv: { seconds: 5 } } }, /"seconds" of lv/],
  ] as const) {
    write(wrong);
    assert.throws(() => readSettings(file), problem, JSON.stringify(wrong));
  }
});

test('a change right after the first reading is seen, too', async () => {
  write({ data_collectors: { lv: { interval: 1_000_000 } } });
  const applied: (number | undefined)[] = [];
  const seen = Promise.withResolvers<void>();
  const take = (settings: ReturnType<typeof readSettings>) => {
    applied.push(settings.get('lv')?.interval);
    if (applied.length === 2) seen.resolve();
  };
  const watch = watchSettings(file, take, (problem) => seen.reject(problem), 10);
  // Before anything else of this process, or of the file system's threads, has a turn.
  write({ data_collectors: { lv: { interval: 2_000_000 } } });
  const alive = setTimeout(() => seen.reject(new Error('not seen within 10 s')), 10_000);
  try {
    await seen.promise;
    assert.deepEqual(applied, [1, 2]);
  } finally {
    clearTimeout(alive);
    watch.close();
  }
});

test('a change counts when it is seen or told; what cannot be understood changes nothing', async () => {
  write({ data_collectors: { lv: { interval: 1_000_000 } } });
  const applied: number[] = [];
  const problems: string[] = [];
  const seen = Promise.withResolvers<void>();
  const watch = watchSettings(
    file,
    (settings) => {
      applied.push(settings.get('lv')?.interval ?? 0);
      if (applied.at(-1) === 3) seen.resolve();
    },
    ({ message }) => problems.push(message),
    10,
  );
  // The watch alone does not keep a process alive.
  const alive = setTimeout(() => seen.reject(new Error('not seen within 10 s')), 10_000);
  try {
    write('{');
    watch.reload();
    rmSync(file);
    watch.reload();
    assert.deepEqual([applied, problems.length], [[1, 0], 1]);
    // As the node agent writes.
    writeFileSync(`${file}.new`, JSON.stringify({ data_collectors: { lv: { interval: 3_000_000 } } }));
    renameSync(`${file}.new`, file);
    await seen.promise;
  } finally {
    clearTimeout(alive);
    watch.close();
  }
});
