import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRingBuffer, ringBufferBytes } from './ring-buffer.ts';

interface Row {
  readonly time: number;
  readonly values: readonly number[];
}

const histories = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 30_000 }), fc.integer({ min: 0, max: 1000 })), { maxLength: 60 })
  .map((steps) => {
    let time = 0;
    let counter = 0;
    return steps.map(([elapsed, growth]): Row => {
      time += elapsed;
      counter += growth;
      return { time, values: [counter, growth] };
    });
  });

/** The same, said plainly. */
function plainly(rows: readonly Row[], capacity: number, seconds: number) {
  const kept = rows.slice(-capacity);
  const newest = kept.at(-1);
  if (!newest) return { rate: Number.NaN, mean: Number.NaN };
  const within = kept.filter(({ time }) => time >= newest.time - seconds * 1000);
  const mean = within.reduce((sum, { values }) => sum + (values[1] ?? 0), 0) / within.length;
  const oldest = within.length > 1 ? within[0] : kept.at(-2);
  if (!oldest) return { rate: Number.NaN, mean };
  return { rate: (((newest.values[0] ?? 0) - (oldest.values[0] ?? 0)) * 1000) / (newest.time - oldest.time), mean };
}

const near = (actual: number, expected: number) =>
  assert.ok(Object.is(actual, expected) || Math.abs(actual - expected) < 1e-6 * (1 + Math.abs(expected)), `${actual}, not ${expected}`);

test('rates and means are those of the rows in the window, whatever came before', () => {
  fc.assert(
    fc.property(histories, fc.integer({ min: 2, max: 20 }), fc.constantFrom(10, 60, 300, 900), (rows, capacity, seconds) => {
      const buffer = createRingBuffer(2, capacity);
      for (const { time, values } of rows) buffer.push(time, values);
      const expected = plainly(rows, capacity, seconds);
      near(buffer.rate(0, seconds), expected.rate);
      near(buffer.mean(1, seconds), expected.mean);
    }),
    { seed: 20_261_123, numRuns: 500 },
  );
});

test('after a reset of the counters nothing of before counts', () => {
  const buffer = createRingBuffer(1, 5);
  buffer.push(0, [1000]);
  buffer.push(1000, [2000]);
  buffer.clear();
  assert.ok(Number.isNaN(buffer.rate(0, 10)));
  buffer.push(2000, [0]);
  buffer.push(3000, [7]);
  assert.equal(buffer.rate(0, 10), 7);
});

test('shared memory is taken over with its rows, and goes on being filled', () => {
  const memory = new SharedArrayBuffer(ringBufferBytes(1, 3));
  const first = createRingBuffer(1, 3, memory);
  for (const time of [0, 1000, 2000, 3000]) first.push(time, [time / 100]);
  const second = createRingBuffer(1, 3, memory);
  assert.equal(second.rate(0, 900), 10);
  second.push(4000, [130]);
  assert.equal(second.rate(0, 900), 55);
});
