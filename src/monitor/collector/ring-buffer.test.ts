import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { meanLevel, nextLevel } from './level.ts';
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
  const window = within.length > 1 ? within : kept.slice(-2);
  const [oldest] = window;
  if (!oldest || oldest === newest) return { rate: Number.NaN, mean: newest.values[1] ?? Number.NaN };
  const areas = window.slice(1).map(({ time, values }, i) => {
    const before = window[i] as Row;
    return (time - before.time) * ((before.values[1] ?? 0) + (values[1] ?? 0)) * 0.5;
  });
  const mean = areas.reduce((sum, area) => sum + area, 0) / (newest.time - oldest.time);
  return { rate: (((newest.values[0] ?? 0) - (oldest.values[0] ?? 0)) * 1000) / (newest.time - oldest.time), mean };
}

const near = (actual: number, expected: number) =>
  assert.ok(Object.is(actual, expected) || Math.abs(actual - expected) < 1e-6 * (1 + Math.abs(expected)), `${actual}, not ${expected}`);

test('rates and means are those of the rows in the window, whatever came before', () => {
  fc.assert(
    fc.property(histories, fc.integer({ min: 2, max: 20 }), fc.constantFrom(10, 60, 300, 900), (rows, capacity, seconds) => {
      const buffer = createRingBuffer(3, capacity);
      for (const { time, values } of rows) buffer.push(time, [values[0] ?? 0, ...nextLevel(buffer, 1, time, values[1] ?? Number.NaN)]);
      const expected = plainly(rows, capacity, seconds);
      near(buffer.rate(0, seconds), expected.rate);
      near(meanLevel(buffer, 1, seconds), expected.mean);
    }),
    { seed: 20_261_123, numRuns: 500 },
  );
});

test('a level that cannot be read at times counts as before; one that never was is not known', () => {
  const buffer = createRingBuffer(2, 5);
  const push = (time: number, level: number) => buffer.push(time, nextLevel(buffer, 0, time, level));
  push(0, Number.NaN);
  assert.ok(Number.isNaN(meanLevel(buffer, 0, 10)));
  push(1000, 40);
  assert.equal(meanLevel(buffer, 0, 10), 40);
  push(2000, Number.NaN);
  push(3000, 60);
  assert.equal(meanLevel(buffer, 0, 2), 45);
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
