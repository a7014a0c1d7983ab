import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createSampler, formatSamples, type Measured } from './format-samples.ts';
import { createHistogram } from './histogram.ts';
import type { MetricFamily } from './metric-family.ts';

const metrics: readonly MetricFamily[] = [
  { name: 'gantry_test_bytes', type: 'counter', unit: 'bytes', help: 'Bytes.', labels: ['instance', 'device'] },
  { name: 'gantry_test_level', type: 'gauge', help: 'A level.', labels: ['instance'] },
  { name: 'gantry_test_alone', type: 'gauge', help: 'Without labels.' },
];

type Sample = readonly [family: string, value: number, ...labels: string[]];

const collector: Measured<readonly unknown[]> = {
  name: 'test',
  metrics,
  measure: (data, emit) => {
    for (const [family, value, ...labels] of data as Sample[]) emit(family, value, ...labels);
  },
};

const name = fc.constantFrom('a', 'b', 'c"\\\n');
const value = fc.constantFrom(0, 1, 2.5, 1e21, Number.NaN, Number.POSITIVE_INFINITY);
const sample: fc.Arbitrary<Sample> = fc.oneof(
  fc.tuple(fc.constant('gantry_test_bytes'), value, name, name),
  fc.tuple(fc.constant('gantry_test_level'), value, name),
  fc.tuple(fc.constant('gantry_test_alone'), value),
);

test('what is remembered of one collection never shows in the next', () => {
  fc.assert(
    fc.property(fc.array(fc.array(sample, { maxLength: 8 }), { minLength: 2, maxLength: 6 }), (collections) => {
      const remembering = createSampler(collector);
      for (const data of collections) assert.deepEqual(remembering(data), formatSamples(collector, data));
    }),
    { seed: 4, numRuns: 1000 },
  );
});

test('each series once, the first counts; values that JSON does not know', () => {
  const data = [
    ['gantry_test_level', 1, 'a'],
    ['gantry_test_level', null, 'b'],
    ['gantry_test_level', 3, 'a'],
  ];
  const [, level] = formatSamples(collector, data);
  assert.equal(level?.text, 'gantry_test_level{instance="a"} 1\ngantry_test_level{instance="b"} NaN\n');
});

test('a family that is not declared is a mistake of the collector', () => {
  const sampler = createSampler(collector);
  assert.throws(() => sampler([['gantry_unknown', 1]]), /^TypeError: test gives samples of gantry_unknown, which it does not declare$/);
  assert.equal(sampler([['gantry_test_alone', 7]])[2]?.text, 'gantry_test_alone 7\n');
});

test('a histogram has running counts up to each bound, its sum and its count; a value that equals a bound is within it', () => {
  const took = createHistogram([0.5, 1, 10]);
  for (const value of [0.5, 0.7, 3, 11, 0.25]) took.observe(value);
  const [text] = formatSamples(
    {
      name: 'test',
      metrics: [{ name: 'gantry_test_seconds', type: 'histogram', unit: 'seconds', help: 'Time.', labels: ['method'] }],
      measure: (_, emit) => {
        emit('gantry_test_seconds', took, 'a');
        emit('gantry_test_seconds', createHistogram([1]), 'a');
      },
    },
    null,
  );
  assert.equal(
    text?.text,
    `gantry_test_seconds_bucket{method="a",le="0.5"} 2
gantry_test_seconds_bucket{method="a",le="1.0"} 3
gantry_test_seconds_bucket{method="a",le="10.0"} 4
gantry_test_seconds_bucket{method="a",le="+Inf"} 5
gantry_test_seconds_sum{method="a"} 15.45
gantry_test_seconds_count{method="a"} 5
`,
  );
});
