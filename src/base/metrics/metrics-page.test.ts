import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatSamples } from './format-samples.ts';
import type { MetricFamily } from './metric-family.ts';
import { metricsFormat, metricsPage } from './metrics-page.ts';

const families: readonly MetricFamily[] = [
  { name: 'gantry_test_read_bytes', type: 'counter', unit: 'bytes', help: 'Bytes read; a "quote", a \\ and\na line.', labels: ['device'] },
  { name: 'gantry_test_odd_ratio', type: 'gauge', unit: 'ratio', help: 'Values that JSON does not know.', labels: ['kind'] },
  { name: 'gantry_test_versions', type: 'info', help: 'Versions.', labels: ['kernel'] },
  { name: 'gantry_test_none', type: 'gauge', help: 'Without samples.' },
];

const samples = formatSamples(
  {
    name: 'one',
    metrics: families,
    measure: (_data: object, emit) => {
      emit('gantry_test_read_bytes', 1e21, 'sda');
      emit('gantry_test_versions', 1, '6.1');
      emit('gantry_test_read_bytes', 7, 'odd "disk"\\\nsdb');
      emit('gantry_test_read_bytes', 8, 'sda');
      emit('gantry_test_odd_ratio', Number.NaN, 'none');
      emit('gantry_test_odd_ratio', Number.POSITIVE_INFINITY, 'much');
      emit('gantry_test_odd_ratio', Number.NEGATIVE_INFINITY, 'little');
    },
  },
  {},
);

test('OpenMetrics: type, unit and help of a family, then its samples, each once', () => {
  assert.equal(
    metricsPage('openmetrics', families, samples),
    `# TYPE gantry_test_read_bytes counter
# UNIT gantry_test_read_bytes bytes
# HELP gantry_test_read_bytes Bytes read; a \\"quote\\", a \\\\ and\\na line.
gantry_test_read_bytes_total{device="sda"} 1e+21
gantry_test_read_bytes_total{device="odd \\"disk\\"\\\\\\nsdb"} 7
# TYPE gantry_test_odd_ratio gauge
# UNIT gantry_test_odd_ratio ratio
# HELP gantry_test_odd_ratio Values that JSON does not know.
gantry_test_odd_ratio{kind="none"} NaN
gantry_test_odd_ratio{kind="much"} +Inf
gantry_test_odd_ratio{kind="little"} -Inf
# TYPE gantry_test_versions info
# HELP gantry_test_versions Versions.
gantry_test_versions_info{kernel="6.1"} 1
`,
  );
});

test('the older text names families as their samples, and knows neither units nor info', () => {
  const page = metricsPage('text', families, samples);
  assert.match(
    page,
    /^# HELP gantry_test_read_bytes_total Bytes read; a "quote", a \\\\ and\\na line\.\n# TYPE gantry_test_read_bytes_total counter\n/,
  );
  assert.match(page, /# TYPE gantry_test_versions_info gauge\ngantry_test_versions_info\{kernel="6.1"\} 1\n$/);
  assert.doesNotMatch(page, /UNIT/);
});

describe('the format asked for', () => {
  const cases: readonly (readonly [accept: string | undefined, format: string])[] = [
    [undefined, 'text'],
    ['', 'text'],
    ['*/*', 'text'],
    ['text/html', 'text'],
    ['application/openmetrics-text', 'openmetrics'],
    [
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      'openmetrics',
    ],
    ['application/openmetrics-text;version=1.0.0;q=0.2, text/plain;q=0.9', 'text'],
    ['application/openmetrics-text;version=2.0.0', 'text'],
    ['application/openmetrics-text;q=0', 'text'],
    ['Application/OpenMetrics-Text; Version=1.0.0; Q=1', 'openmetrics'],
  ];
  for (const [accept, format] of cases) test(`${accept} ${format}`, () => assert.equal(metricsFormat(accept), format));
});
