import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatSamples, type MetricFamily } from '../../base/index.ts';
import { collectorCatalogue } from '../collector-catalogue.ts';
import { toJsonBytes } from '../host/json-bytes.ts';
import { createPluginsCollector } from '../plugins/plugins-collector.ts';
import { createReportCache } from '../scheduler/report-cache.ts';
import { makeCollector } from '../testing/make-collector.ts';
import { metricsSource } from './metrics-source.ts';
import { ownFamilies } from './own-metrics.ts';

const families: readonly MetricFamily[] = [
  { name: 'gantry_test_read_bytes', type: 'counter', unit: 'bytes', help: 'Bytes read; a "quote", a \\ and\na line.', labels: ['device'] },
  { name: 'gantry_test_odd_ratio', type: 'gauge', unit: 'ratio', help: 'Values that JSON does not know.', labels: ['kind'] },
  { name: 'gantry_test_versions', type: 'info', help: 'Versions.', labels: ['kernel'] },
  { name: 'gantry_test_none', type: 'gauge', help: 'Without samples.' },
];

const measured = makeCollector('one', {
  metrics: families,
  measure: (_data, emit) => {
    emit('gantry_test_read_bytes', 1e21, 'sda');
    emit('gantry_test_versions', 1, '6.1');
    emit('gantry_test_read_bytes', 7, 'odd "disk"\\\nsdb');
    emit('gantry_test_read_bytes', 8, 'sda');
    emit('gantry_test_odd_ratio', Number.NaN, 'none');
    emit('gantry_test_odd_ratio', Number.POSITIVE_INFINITY, 'much');
    emit('gantry_test_odd_ratio', Number.NEGATIVE_INFINITY, 'little');
  },
});

function filled() {
  const times = { now: 1000 };
  const collectors = [measured, makeCollector('two'), makeCollector('odd', { measure: (_data, emit) => emit('gantry_unknown', 1) })];
  const cache = createReportCache(collectors, { now: () => times.now, wallTime: () => 1_795_363_380_591 });
  const page = metricsSource({ cache, collectors, agent: () => ({ threads: 2, stuckThreads: 1 }), now: () => times.now });
  return { times, cache, page: (format: 'openmetrics' | 'text' = 'openmetrics') => page(format).toString() };
}

test('the page tells of the agent itself', () => {
  const { cache, page } = filled();
  cache.storeGood('one', toJsonBytes('{}'), [], 25);
  cache.storeTrouble('two', { failure: 'failed', problem: 'x', attempts: 1 });
  const text = page();
  assert.match(text, /gantry_monitor_collector_last_success_timestamp_seconds\{collector="one"\} 1795363380\.591\n/);
  assert.match(text, /gantry_monitor_collector_duration_seconds\{collector="one"\} 0\.025\n/);
  assert.match(text, /gantry_monitor_collector_failures_total\{collector="two"\} 1\n/);
  assert.match(text, /gantry_monitor_collector_trouble\{collector="one"\} 0\ngantry_monitor_collector_trouble\{collector="two"\} 1\n/);
  assert.doesNotMatch(text, /last_success[^\n]*two/);
  assert.match(text, /gantry_monitor_threads_stuck 1\n/);
  assert.match(text, /\nprocess_resident_memory_bytes \d+\n/);
  assert.match(text, /\n# EOF\n$/);
  assert.doesNotMatch(page('text'), /EOF/);
});

test('samples of a collector in trouble stay for five minutes and are left out then; they are back when it works', () => {
  const { times, cache, page } = filled();
  cache.storeGood('one', toJsonBytes('{}'), [], 25);
  times.now += 600_000;
  assert.match(page(), /gantry_test_read_bytes/, 'a rare one is not in trouble');
  cache.storeGood('one', toJsonBytes('{}'), [], 25);
  cache.storeTrouble('one', { failure: 'failed', problem: 'x', attempts: 1 });
  times.now += 299_000;
  assert.match(page(), /gantry_test_read_bytes/);
  times.now += 2000;
  assert.doesNotMatch(page(), /gantry_test_read_bytes/);
  cache.storeGood('one', toJsonBytes('{}'), [], 25);
  assert.match(page(), /gantry_test_read_bytes/);
});

test('a collector whose data cannot be measured is in trouble, and takes the page from nobody', () => {
  const { cache, page } = filled();
  cache.storeGood('odd', toJsonBytes('{}'), [], 1);
  cache.storeGood('one', toJsonBytes('{}'), [], 1);
  assert.match(page(), /gantry_test_read_bytes/);
  assert.match(cache.find('default', 'odd')?.trouble?.problem ?? '', /gantry_unknown, which it does not declare/);
  assert.match(page(), /gantry_monitor_collector_trouble\{collector="odd"\} 1\n/);
});

test('names of metrics are those of Prometheus: one collector each, unit at the end, no "total"', () => {
  const all = [...collectorCatalogue.flatMap(({ metrics }) => metrics), ...ownFamilies];
  assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
  for (const { name, unit, labels = [], help } of all) {
    assert.match(name, /^(gantry|process)_[a-z][a-z0-9_]*$/);
    assert.ok(unit === undefined || name.endsWith(`_${unit}`), `${name} ends with its unit`);
    assert.doesNotMatch(name, /_(total|info|count|sum|bucket)$/);
    for (const label of labels) assert.match(label, /^[a-z][a-z0-9_]*$/);
    assert.match(help, /\.$/);
  }
});

test('docs/monitoring.md names every metric of the agent itself', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/monitoring.md'), 'utf8');
  const shown = [...page.matchAll(/`((?:gantry_monitor|process)_\w+)`/g)].map(([, name]) => name);
  const names = ownFamilies.map(({ name, type }) => (type === 'counter' ? `${name}_total` : name));
  assert.deepEqual(shown.sort(), names.sort());
});

const promtool = spawnSync('promtool', ['--version']).error === undefined;

test("Prometheus's own check finds nothing wrong with either format", { skip: promtool ? false : 'promtool is not installed' }, () => {
  const { cache, page } = filled();
  cache.storeGood('one', toJsonBytes('{}'), [], 25);
  const { status, stderr, stdout } = spawnSync('promtool', ['check', 'metrics'], { input: page('text'), encoding: 'utf8' });
  assert.equal(`${stdout}${stderr}`, '');
  assert.equal(status, 0);
});

test('a page is kept for a second while no report changes', () => {
  let measured = 0;
  const counting = makeCollector('counting', {
    metrics: [{ name: 'gantry_test_measured', type: 'gauge', help: 'How often.' }],
    measure: (_data, emit) => emit('gantry_test_measured', ++measured),
  });
  const times = { now: 1000 };
  const cache = createReportCache([counting], { now: () => times.now, wallTime: () => 1 });
  let asked = 0;
  const agent = () => ({ threads: ++asked, stuckThreads: 0 });
  const source = metricsSource({ cache, collectors: [counting], agent, now: () => times.now });
  const threads = (format: 'text' | 'openmetrics' = 'text') =>
    /gantry_monitor_threads_started_total (\d+)/.exec(source(format).toString())?.[1];
  cache.storeGood('counting', toJsonBytes('{}'), [], 1);
  assert.deepEqual([threads(), threads(), threads('openmetrics')], ['1', '1', '2'], 'each format by itself');
  times.now += 999;
  assert.equal(threads(), '1');
  times.now += 1;
  assert.equal(threads(), '3');
  times.now += 10;
  cache.storeGood('counting', toJsonBytes('{"a":1}'), [], 1);
  assert.equal(threads(), '4');
  assert.equal(measured, 2, 'each report is measured once, whatever the format');
});

test('plugins are counted by whether they are run, and the series of those that are told', () => {
  const plugins = [
    { name: 'a', series: 3 },
    { name: 'b', series: 0, problem: 'refused' },
    { name: 'c', series: 5 },
  ];
  const data = { plugins, refused: [{}, {}] } as unknown as Parameters<ReturnType<typeof createPluginsCollector>['measure']>[0];
  const lines = formatSamples(
    createPluginsCollector(() => data),
    data,
  ).map(({ text }) => text);
  assert.deepEqual(lines, [
    'gantry_monitor_plugins{state="run"} 2\ngantry_monitor_plugins{state="refused"} 3\n',
    'gantry_monitor_plugin_series{plugin="a"} 3\ngantry_monitor_plugin_series{plugin="c"} 5\n',
  ]);
});
