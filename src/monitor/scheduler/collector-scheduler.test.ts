import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Json } from '../../base/index.ts';
import type { Collector } from '../collector/collector.ts';
import type { CollectOutcome } from '../host/collect-request.ts';
import { toJsonBytes } from '../host/json-bytes.ts';
import { createHeldClock } from '../testing/held-clock.ts';
import { makeCollector } from '../testing/make-collector.ts';
import { startScheduler } from './collector-scheduler.ts';
import { type CachedReport, createReportCache, jsonOf } from './report-cache.ts';

const good = (data: Json, cost = 1, unchanged = false): CollectOutcome => ({
  ok: true,
  data: toJsonBytes(JSON.stringify(data)),
  exposed: [],
  cost,
  unchanged,
});
const bad: CollectOutcome = { ok: false, failure: 'failed', problem: 'no disk' };

/** Runs the schedule on a clock that stands still; `answer` says what comes of each collection. */
function rig(collectors: readonly Collector<unknown>[], answer: (name: string, run: number) => CollectOutcome | Promise<CollectOutcome>) {
  const clock = createHeldClock();
  const begun = clock.now();
  const runs = new Map<string, number[]>(collectors.map(({ name }) => [name, []]));
  const cache = createReportCache(collectors, { now: clock.now, wallTime: clock.now });
  const scheduler = startScheduler({
    collectors,
    cache,
    clock,
    host: {
      collect: async (name) => {
        runs.set(name, [...(runs.get(name) ?? []), clock.now() - begun]);
        return answer(name, runs.get(name)?.length ?? 0);
      },
    },
  });
  return { clock, cache, scheduler, runs: (name: string) => runs.get(name) ?? [], [Symbol.dispose]: scheduler.close };
}

const gaps = (times: readonly number[]): number[] => times.slice(1).map((time, i) => time - (times[i] ?? 0));

describe('a collector that works', () => {
  test('runs at its interval, first within a second, spread beside the others', async () => {
    const names = ['a', 'b', 'c', 'd'];
    using run = rig(
      names.map((name) => makeCollector(name, { interval: 5 })),
      () => good(1),
    );
    await run.clock.advance(60_000);
    for (const name of names) {
      assert.ok((run.runs(name)[0] ?? 1e9) < 1000);
      assert.deepEqual([...new Set(gaps(run.runs(name)))], [5000], 'kept to the beat');
    }
    assert.equal(new Set(names.map((name) => run.runs(name)[0])).size, names.length, 'no two at once');
  });

  test('with an interval below a second keeps to it', async () => {
    using run = rig([makeCollector('quick', { interval: 0.25 })], () => good(1));
    await run.clock.advance(10_000);
    assert.equal(run.runs('quick').length, 41);
  });

  test('is not started while it runs, nor held against the others', async () => {
    const held = Promise.withResolvers<CollectOutcome>();
    using run = rig([makeCollector('slow', { interval: 5 }), makeCollector('other', { interval: 5 })], (name) =>
      name === 'slow' ? held.promise : good(1),
    );
    await run.clock.advance(57_000);
    assert.deepEqual([run.runs('slow').length, run.runs('other').length], [1, 12]);
    assert.equal(run.scheduler.entries()[0]?.running, true);
    held.resolve(good(1));
    await run.clock.advance(8000);
    assert.equal(run.runs('slow').length, 2, 'beats that were missed are not made up for');
  });

  test('whose clock leaps, as when the host slept, runs once and goes on', async () => {
    using run = rig([makeCollector('steady', { interval: 5 })], () => good(1));
    await run.clock.advance(20_000);
    const before = run.runs('steady').length;
    run.clock.leap(7_200_000);
    await run.clock.advance(1000);
    assert.equal(run.runs('steady').length, before + 1);
    await run.clock.advance(20_000);
    assert.equal(run.runs('steady').length, before + 5);
  });
});

describe('the interval', () => {
  const patient = (changes: Partial<Collector<Json>> = {}) => makeCollector('patient', { interval: 10, longestInterval: 60, ...changes });

  test('stretches while the data stay the same, up to its limit, and is back at the first change', async () => {
    let changes = false;
    using run = rig([patient()], (_, count) => good(1, 1, count > 1 && !changes));
    await run.clock.advance(1000_000);
    const waits = gaps(run.runs('patient'));
    assert.deepEqual(waits.slice(0, 3), [10_000, 10_000, 10_000]);
    assert.equal(waits.at(-1), 60_000);
    assert.ok(waits.every((wait, i) => wait >= (waits[i - 1] ?? 0)));
    changes = true;
    await run.clock.advance(70_000);
    assert.equal(run.scheduler.entries()[0]?.interval, 10);
  });

  test('stretches while a collection costs much', async () => {
    using run = rig([patient()], (_, count) => good(count, 300));
    await run.clock.advance(200_000);
    assert.equal(gaps(run.runs('patient')).at(-1), 30_000, '300 ms in 30 s are one percent');
  });

  test('of one with windows of averages never changes', async () => {
    using run = rig([makeCollector('averages', { interval: 10 })], () => good(1, 5000));
    await run.clock.advance(600_000);
    assert.deepEqual([...new Set(gaps(run.runs('averages')))], [10_000]);
  });

  test('can be set while it runs, longer and shorter, and counts at once', async () => {
    using run = rig([makeCollector('set', { interval: 3600 })], () => good(1));
    await run.clock.advance(10_000);
    run.scheduler.configure(new Map([['set', { interval: 2 }]]));
    await run.clock.advance(10_000);
    assert.equal(run.runs('set').length, 6);
    run.scheduler.configure(new Map([['set', { interval: 100 }]]));
    await run.clock.advance(99_000);
    assert.equal(run.runs('set').length, 7, 'the one that was due already, and no more');
    run.scheduler.configure(new Map([['nosuch', { interval: 1 }]]));
    assert.equal(run.scheduler.entries()[0]?.interval, 3600, 'what is not set any more is as the collector has it');
  });

  test('goes on as it was when the same is set again, and at once when another command is', async () => {
    using run = rig([patient()], (_, count) => good(1, 1, count > 1));
    await run.clock.advance(1000_000);
    const [before, count] = [run.scheduler.entries()[0]?.interval, run.runs('patient').length];
    assert.equal(before, 60);
    run.scheduler.configure(new Map());
    assert.equal(run.scheduler.entries()[0]?.interval, 60, 'it stays stretched');
    run.scheduler.configure(new Map([['patient', { command: 'look' }]]));
    await run.clock.advance(100);
    assert.equal(run.runs('patient').length, count + 1);
    run.scheduler.configure(new Map([['patient', { command: 'look' }]]));
    await run.clock.advance(100);
    assert.equal(run.runs('patient').length, count + 1);
  });
});

describe('a collector that fails', () => {
  test('comes again after pauses that double up to five minutes, and is back at its interval when it works', async () => {
    let broken = true;
    using run = rig([makeCollector('broken', { interval: 10 })], () => (broken ? bad : good(1)));
    await run.clock.advance(2000_000);
    const waits = gaps(run.runs('broken'));
    assert.deepEqual(waits.slice(0, 6), [20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
    assert.equal(run.cache.find('default', 'broken')?.trouble?.attempts, run.runs('broken').length);
    broken = false;
    await run.clock.advance(300_000);
    assert.equal(gaps(run.runs('broken')).at(-1), 10_000);
    assert.equal(run.scheduler.entries()[0]?.failures, 0);
  });

  test('with a long interval comes again no sooner than that', async () => {
    using run = rig([makeCollector('rare', { interval: 3600 })], () => bad);
    await run.clock.advance(20_000_000);
    assert.deepEqual([...new Set(gaps(run.runs('rare')))], [3_600_000]);
  });

  test('does not change when the others run', async () => {
    using run = rig([makeCollector('broken', { interval: 5 }), makeCollector('well', { interval: 5 })], (name) =>
      name === 'well' ? good(1) : bad,
    );
    await run.clock.advance(100_000);
    assert.deepEqual([...new Set(gaps(run.runs('well')))], [5000]);
  });
});

test('a collector that is switched off still collects, so that its history is whole', async () => {
  using run = rig([makeCollector('off', { interval: 5 })], (_, count) => good(count));
  run.scheduler.configure(new Map([['off', { active: false }]]));
  await run.clock.advance(19_000);
  assert.deepEqual([run.runs('off').length, run.cache.reports().length], [4, 0]);
  run.scheduler.configure(new Map([['off', { active: true }]]));
  assert.match(run.cache.all().toString(), /"data":4/);
});

test('after closing nothing runs, and what comes late is not stored', async () => {
  const held = Promise.withResolvers<CollectOutcome>();
  using run = rig([makeCollector('late')], () => held.promise);
  await run.clock.advance(5000);
  run.scheduler.close();
  held.resolve(good('late'));
  await run.clock.advance(100_000);
  assert.deepEqual([run.runs('late').length, run.cache.find('default', 'late')?.collectedAt], [1, undefined]);
});

describe('collectors that come and go', () => {
  test('are collected from then on, a little apart, and are what was set for them before', async () => {
    using run = rig([makeCollector('first')], () => good(1));
    await run.clock.advance(60_000);
    run.scheduler.configure(new Map([['second', { interval: 2 }]]));
    for (const name of ['second', 'third']) run.scheduler.add(makeCollector(name));
    await run.clock.advance(10_050);
    assert.deepEqual(run.runs('second'), [60_000, 62_000, 64_000, 66_000, 68_000, 70_000]);
    assert.deepEqual(run.runs('third'), [60_100]);
    run.scheduler.remove('second');
    await run.clock.advance(20_000);
    assert.equal(run.runs('second').length, 6);
    assert.deepEqual(
      run.cache.reports().map(({ collector }) => collector.name),
      ['first', 'third'],
    );
  });

  test('in place of one that is under way: what that brings is not taken for theirs', async () => {
    const held = Promise.withResolvers<CollectOutcome>();
    using run = rig([makeCollector('same')], (_, count) => (count === 1 ? held.promise : good('new')));
    await run.clock.advance(1000);
    run.scheduler.add(makeCollector('same', { category: 'node' }));
    held.resolve(good('old'));
    await run.clock.advance(500);
    assert.match(String(jsonOf(run.cache.find('node', 'same') as CachedReport)), /"data":"new"/);
    assert.equal(run.cache.find('default', 'same'), undefined);
  });
});
