import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toJsonBytes } from '../host/json-bytes.ts';
import { metricsSource } from '../server/metrics-source.ts';
import { createHeldClock } from '../testing/held-clock.ts';
import { makeCollector } from '../testing/make-collector.ts';
import { startScheduler } from './collector-scheduler.ts';
import { type CachedReport, createReportCache, jsonOf } from './report-cache.ts';

const names = ['steady', 'broken'];
const day = 86_400_000;

/** A host whose wall clock is what it is told to be, while time itself goes on. */
function host() {
  const clock = createHeldClock();
  const wall = { ahead: Date.UTC(2026, 10, 23) - clock.now() };
  const broken = { is: false };
  const collectors = names.map((name) =>
    makeCollector(name, {
      interval: 5,
      metrics: [{ name: `gantry_test_${name}`, type: 'gauge', help: 'A metric of a test.' }],
      measure: (data, emit) => emit(`gantry_test_${name}`, Number(data)),
    }),
  );
  const cache = createReportCache(collectors, { now: clock.now, wallTime: () => clock.now() + wall.ahead });
  const runs: string[] = [];
  const collect = async (name: string) => {
    runs.push(name);
    if (name === 'broken' && broken.is) return { ok: false, failure: 'failed', problem: 'no disk' } as const;
    return { ok: true, data: toJsonBytes('1'), exposed: [], cost: 1, unchanged: false } as const;
  };
  const scheduler = startScheduler({ collectors, cache, clock, host: { collect } });
  const page = metricsSource({ cache, collectors, agent: () => ({ threads: 1, stuckThreads: 0 }), now: clock.now });
  return { clock, wall, broken, cache, runs, metrics: () => page('openmetrics').toString(), [Symbol.dispose]: scheduler.close };
}

const timestamp = (text: Buffer) => Number(JSON.parse(String(text)).timestamp) / 1e6;

for (const [what, jump] of [
  ['back', -day],
  ['ahead', day],
] as const) {
  test(`when the wall clock is set ${what} by a day, collections keep their beat and reports have its time`, async () => {
    using run = host();
    await run.clock.advance(20_000);
    const before = run.runs.length;
    const [first] = run.cache.reports() as [CachedReport];
    run.wall.ahead += jump;
    await run.clock.advance(20_000);
    assert.equal(run.runs.length - before, 4 * names.length);
    const [second] = run.cache.reports() as [CachedReport];
    const passed = timestamp(jsonOf(second)) - timestamp(jsonOf(first));
    assert.ok(Math.abs(passed - jump - 20_000) < 1, `${passed}`);
    assert.ok(second.version > first.version, 'who asks for changes by version is told of it');
  });

  test(`when the wall clock is set ${what}, samples of a collector in trouble stay for five minutes of time that passed`, async () => {
    using run = host();
    await run.clock.advance(20_000);
    run.broken.is = true;
    await run.clock.advance(10_000);
    run.wall.ahead += jump;
    assert.match(run.metrics(), /^gantry_test_broken 1$/m);
    await run.clock.advance(250_000);
    assert.match(run.metrics(), /^gantry_test_broken 1$/m);
    await run.clock.advance(100_000);
    assert.doesNotMatch(run.metrics(), /^gantry_test_broken 1$/m);
    assert.match(run.metrics(), /^gantry_test_steady 1$/m);
  });
}
