import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { makeCollector } from '../testing/make-collector.ts';
import { createReportCache, type ReportCache } from './report-cache.ts';

const collectors = [
  makeCollector('cpu-avg-load'),
  makeCollector('drbd', { category: 'storage', kind: 'status' }),
  makeCollector('diskstats', { category: 'storage' }),
];

function filled(): { cache: ReportCache; times: { now: number; wallTime: number } } {
  const times = { now: 5000, wallTime: Date.UTC(2026, 10, 22, 16, 3, 0, 591.541) };
  return { times, cache: createReportCache(collectors, { now: () => times.now, wallTime: () => times.wallTime }) };
}

const parsed = (json: Buffer): unknown => JSON.parse(json.toString());
const textOf = (cache: ReportCache, name: string): string =>
  cache
    .reports()
    .find(({ collector }) => collector.name === name)
    ?.json.toString() ?? '';

describe('a report', () => {
  test("has Ganeti's keys in Ganeti's order, and the time in nanoseconds", () => {
    const { cache } = filled();
    cache.storeGood('cpu-avg-load', '{"cpu_number":2}', [], 3);
    assert.equal(
      textOf(cache, 'cpu-avg-load'),
      '{"name":"cpu-avg-load","version":"B","format_version":1,"timestamp":1795363380591000000,"category":null,"kind":0,"data":{"cpu_number":2}}',
    );
  });

  test('of a status says that it is not known yet; of a performance that there is nothing yet', () => {
    const { cache } = filled();
    assert.match(
      textOf(cache, 'drbd'),
      /"category":"storage","kind":1,"data":\{"status":\{"code":2,"message":"nothing collected yet"\}\}\}$/,
    );
    assert.match(textOf(cache, 'diskstats'), /"data":\{"error":"nothing collected yet"\}\}$/);
  });

  test('keeps its last good data and their time while there is trouble, and loses the trouble with the next good one', () => {
    const { cache, times } = filled();
    cache.storeGood('diskstats', '[1]', [{ family: 'f', text: 'f 1\n' }], 3);
    const good = textOf(cache, 'diskstats');
    times.now += 60_000;
    times.wallTime += 60_000;
    cache.storeTrouble('diskstats', { failure: 'timed-out', problem: 'no "answer"', attempts: 2 });
    const trouble = { failure: 'timed-out', problem: 'no "answer"', attempts: 2 };
    assert.equal(textOf(cache, 'diskstats'), `${good.slice(0, -1)},"trouble":${JSON.stringify(trouble)}}`);
    const [report] = cache.reports().slice(2);
    assert.deepEqual([report?.collectedAt, report?.samples.length], [5000, 1]);
    cache.storeGood('diskstats', '[2]', [], 3);
    assert.doesNotMatch(textOf(cache, 'diskstats'), /trouble/);
  });

  test('of what never worked says why', () => {
    const { cache } = filled();
    cache.storeTrouble('drbd', { failure: 'failed', problem: 'no such file', attempts: 1 });
    assert.match(textOf(cache, 'drbd'), /"data":\{"status":\{"code":2,"message":"no such file"\}\},"trouble":/);
  });
});

test('all reports are one array in the order of the catalogue, made once after each change', () => {
  const { cache } = filled();
  cache.storeGood('diskstats', '[]', [], 3);
  assert.deepEqual(
    parsed(cache.all()),
    cache.reports().map(({ json }) => parsed(json)),
  );
  assert.equal(cache.all(), cache.all());
  const before = cache.all();
  const { version } = cache;
  cache.storeGood('drbd', '{}', [], 3);
  assert.notEqual(cache.all(), before);
  assert.ok(cache.version > version);
});

test('without collectors the list is empty', () => {
  const cache = createReportCache([], { now: () => 0, wallTime: () => 0 });
  assert.equal(cache.all().toString(), '[]');
});

test('a collector is found by its category and name, "default" for those without', () => {
  const { cache } = filled();
  assert.equal(cache.find('default', 'cpu-avg-load')?.collector.name, 'cpu-avg-load');
  assert.equal(cache.find('storage', 'drbd')?.collector.name, 'drbd');
  for (const [category, name] of [
    ['storage', 'cpu-avg-load'],
    ['default', 'drbd'],
    ['', 'cpu-avg-load'],
    ['null', 'cpu-avg-load'],
    ['storage', 'nosuch'],
  ]) {
    assert.equal(cache.find(category ?? '', name ?? ''), undefined);
  }
});

test('a collector that is switched off is not shown, and has its data when it is switched on again', () => {
  const { cache } = filled();
  cache.storeGood('drbd', '{"a":1}', [], 3);
  cache.setActive('drbd', false);
  assert.equal(cache.find('storage', 'drbd'), undefined);
  assert.deepEqual(
    cache.reports().map(({ collector }) => collector.name),
    ['cpu-avg-load', 'diskstats'],
  );
  assert.doesNotMatch(cache.all().toString(), /drbd/);
  cache.storeGood('drbd', '{"a":2}', [], 3);
  cache.setActive('drbd', true);
  assert.match(textOf(cache, 'drbd'), /"data":\{"a":2\}/);
});
