import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricsSource } from '../server/metrics-source.ts';
import { createHeldClock } from '../testing/held-clock.ts';
import { makeCollector } from '../testing/make-collector.ts';
import { startScheduler } from './collector-scheduler.ts';
import { createReportCache } from './report-cache.ts';

const names = ['steady', 'broken'];
const day = 86_400_000;

/** A host whose wall clock is what it is told to be, while time itself goes on. */
function host() {
  const clock = createHeldClock();
  const wall = { ahead: Date.UTC(2026, 10, 23) - clock.now() };
  const broken = { is: false };
  const collectors = names.map((name) =>
    makeCollector(name, { interval: 5, metrics: [{ name: `gantry_test_${name}`, type: 'gauge', help: 'A metric of a test.' }] }),
  );
  const cache = createReportCache(collectors, { now: clock.now, wallTime: () => clock.now() + wall.ahead });
  const runs: string[] = [];
  const collect = async (name: string) => {
    runs.push(name);
    if (name === 'broken' && broken.is) return { ok: false, failure: 'failed', problem: 'no disk' } as const;
    const samples = [{ family: `gantry_test_${name}`, text: `gantry_test_${name} 1\n` }];
    return { ok: true, data: '1', samples, cost: 1 } as const;
  };
  const scheduler = startScheduler({ collectors, cache, clock, host: { collect } });
  const page = metricsSource(cache, () => ({ threads: 1, stuckThreads: 0 }), clock.now);
  return { clock, wall, broken, cache, runs, metrics: () => page('openmetrics').toString(), [Symbol.dispose]: scheduler.close };
}

const timestamp = (text: Buffer | undefined) => Number(JSON.parse(String(text)).timestamp) / 1e6;

for (const [what, jump] of [
  ['back', -day],
  ['ahead', day],
] as const) {
  test(`when the wall clock is set ${what} by a day, collections keep their beat and reports have its time`, async () => {
    using run = host();
    await run.clock.advance(20_000);
    const before = run.runs.length;
    const [first] = run.cache.reports();
    run.wall.ahead += jump;
    await run.clock.advance(20_000);
    assert.equal(run.runs.length - before, 4 * names.length);
    const [second] = run.cache.reports();
    const passed = timestamp(second?.json) - timestamp(first?.json);
    assert.ok(Math.abs(passed - jump - 20_000) < 1, `${passed}`);
    assert.ok((second?.version ?? 0) > (first?.version ?? 0), 'who asks for changes by version is told of it');
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
