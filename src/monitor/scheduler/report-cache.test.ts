import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toJsonBytes } from '../host/json-bytes.ts';
import { makeCollector } from '../testing/make-collector.ts';
import { createReportCache, jsonOf, type ReportCache } from './report-cache.ts';

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
  String(
    cache
      .reports()
      .filter(({ collector }) => collector.name === name)
      .map(jsonOf),
  );

describe('a report', () => {
  test("has Ganeti's keys in Ganeti's order, and the time in nanoseconds", () => {
    const { cache, times } = filled();
    times.wallTime += 1;
    cache.storeGood('cpu-avg-load', toJsonBytes('{"cpu_number":2}'), [], 3);
    assert.equal(
      textOf(cache, 'cpu-avg-load'),
      '{"name":"cpu-avg-load","version":"B","format_version":1,"timestamp":1795363380592000000,"category":null,"kind":0,"data":{"cpu_number":2}}',
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
    cache.storeGood('diskstats', toJsonBytes('[1]'), [{ family: 'f', text: 'f 1\n' }], 3);
    const good = textOf(cache, 'diskstats');
    times.now += 60_000;
    times.wallTime += 60_000;
    cache.storeTrouble('diskstats', { failure: 'timed-out', problem: 'no "answer"', attempts: 2 });
    const trouble = { failure: 'timed-out', problem: 'no "answer"', attempts: 2 };
    const told = `${JSON.stringify(trouble).slice(0, -1)},"timestamp":1795363440591000000}`;
    assert.equal(textOf(cache, 'diskstats'), `${good.slice(0, -1)},"trouble":${told}}`);
    const [report] = cache.reports().slice(2);
    assert.deepEqual([report?.collectedAt, report?.exposed.length], [5000, 1]);
    cache.storeGood('diskstats', toJsonBytes('[2]'), [], 3);
    assert.doesNotMatch(textOf(cache, 'diskstats'), /trouble/);
  });

  test('of what never worked says why', () => {
    const { cache } = filled();
    cache.storeTrouble('drbd', { failure: 'failed', problem: 'no such file', attempts: 1 });
    assert.match(textOf(cache, 'drbd'), /"data":\{"status":\{"code":2,"message":"no such file"\}\},"trouble":/);
  });
});

test('changes within one tick of the clock are told apart, and a clock that is set back is believed', () => {
  const { cache, times } = filled();
  const changedAt = () => {
    cache.storeGood('drbd', toJsonBytes('{}'), [], 1);
    return cache.find('storage', 'drbd')?.changedAt ?? 0;
  };
  const [first, second] = [changedAt(), changedAt()];
  assert.equal(second - first, 1);
  times.wallTime += 1;
  assert.equal(changedAt() % 1000, 0);
  times.wallTime -= 3_600_000;
  assert.ok(changedAt() < first);
});

test('all reports are one array in the order of the catalogue, made once after each change', () => {
  const { cache } = filled();
  cache.storeGood('diskstats', toJsonBytes('[]'), [], 3);
  assert.deepEqual(
    parsed(cache.all()),
    cache.reports().map((report) => parsed(jsonOf(report))),
  );
  assert.equal(cache.all(), cache.all());
  const before = cache.all();
  const { version } = cache;
  cache.storeGood('drbd', toJsonBytes('{}'), [], 3);
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
  cache.storeGood('drbd', toJsonBytes('{"a":1}'), [], 3);
  cache.setActive('drbd', false);
  assert.equal(cache.find('storage', 'drbd'), undefined);
  assert.deepEqual(
    cache.reports().map(({ collector }) => collector.name),
    ['cpu-avg-load', 'diskstats'],
  );
  assert.doesNotMatch(cache.all().toString(), /drbd/);
  cache.storeGood('drbd', toJsonBytes('{"a":2}'), [], 3);
  cache.setActive('drbd', true);
  assert.match(textOf(cache, 'drbd'), /"data":\{"a":2\}/);
});
