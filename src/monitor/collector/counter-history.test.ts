import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createTestHost } from '../testing/test-host.ts';
import type { Histories } from './collector-context.ts';
import { growth, mostCores, rest, takeCounters } from './counter-history.ts';
import { createRingBuffer } from './ring-buffer.ts';

const histories = (): Histories => ({ take: (_name, width, capacity) => createRingBuffer(width, capacity), drop: () => undefined });

/** Counters as kernels have them, and as they should not be: falling, jumping, not to be read. */
const counter = fc.oneof(
  { weight: 6, arbitrary: fc.nat(5000) },
  { weight: 1, arbitrary: fc.constantFrom(0, 2 ** 32 - 1, 2 ** 53, 1e18, Number.NaN) },
  { weight: 1, arbitrary: fc.integer({ min: -1000, max: 0 }) },
);
const rows = (width: number) =>
  fc.array(fc.record({ after: fc.integer({ min: 1, max: 20_000 }), counters: fc.array(counter, { minLength: width, maxLength: width }) }), {
    minLength: 2,
    maxLength: 40,
  });

describe('rates of counters', () => {
  test('whatever the kernel says: from nothing to what time allows, in each column and over each window', () => {
    fc.assert(
      fc.property(rows(3), fc.integer({ min: 1, max: 128 }), (steps, cores) => {
        const history = takeCounters(histories(), 'x', 3, 8);
        let time = 0;
        for (const { after, counters } of steps) {
          time += after;
          history.push(time, counters, cores);
          for (const column of [0, 1, 2]) {
            for (const seconds of [1, 10, 60, 900]) {
              const rate = history.rate(column, seconds);
              assert.ok(Number.isNaN(rate) || (rate >= 0 && rate <= cores), `${rate} in column ${column}`);
            }
          }
        }
      }),
    );
  });

  test('of counters that only grow, within bounds, are what they grew by', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(500), { minLength: 1, maxLength: 20 }), fc.nat(1e9), (steps, start) => {
        const history = takeCounters(histories(), 'x', 1, 100);
        let [time, value] = [0, start];
        history.push(time, [value], 100);
        for (const step of steps) {
          time += 5000;
          value += step;
          history.push(time, [value], 100);
        }
        const wanted = steps.reduce((sum, step) => sum + step, 0) / (5 * steps.length);
        assert.ok(Math.abs(history.rate(0, 900) - wanted) < 1e-6);
      }),
    );
  });

  test('a fall or a jump spoils one step, not the minute', () => {
    const history = takeCounters(histories(), 'x', 1, 20);
    const readings = [1000, 1100, 1200, 50, 150, 2 ** 40, 2 ** 40 + 100];
    readings.forEach((value, step) => {
      history.push(1000 * step, [value], 200);
    });
    assert.equal(history.rate(0, 60), (100 + 100 + 0 + 100 + 200 + 100) / 6);
  });

  test('of several counters in one column: each is judged on its own, and the limit is for all of them', () => {
    const history = takeCounters(histories(), 'x', 2, 20, 2);
    history.push(0, [100, 900, 0, 0], 100);
    history.push(1000, [160, 0, 90, 90], 100);
    assert.deepEqual([history.rate(0, 60), history.rate(1, 60)], [60, 100]);
  });

  test('what could not be read for a while counts when it can be read again, for all of that time', () => {
    const history = takeCounters(histories(), 'x', 1, 20);
    for (const [second, value] of [
      [0, 100],
      [1, Number.NaN],
      [2, Number.NaN],
      [3, 400],
    ] as const)
      history.push(1000 * second, [value], 100);
    assert.equal(history.rate(0, 60), 100);
    history.push(4000, [Number.NaN], 100);
    assert.ok(Number.isNaN(history.rate(0, 60)));
  });

  test('go on in a thread that takes over', () => {
    const kept = new Map<string, ReturnType<typeof createRingBuffer>>();
    const shared: Histories = {
      take: (name, width, capacity) => {
        const key = `${name} ${width}`;
        const buffer = kept.get(key) ?? createRingBuffer(width, capacity);
        kept.set(key, buffer);
        return buffer;
      },
      drop: () => undefined,
    };
    const first = takeCounters(shared, 'x', 1, 20);
    first.push(0, [0]);
    first.push(1000, [70]);
    const second = takeCounters(shared, 'x', 1, 20);
    second.push(2000, [100]);
    assert.equal(second.rate(0, 60), 50);
  });
});

test('growth and rest are never negative, and never more than there is', () => {
  const any = fc.double({ min: -1e15, max: 1e15, noNaN: true });
  fc.assert(
    fc.property(any, any, fc.double({ min: 0, max: 1e15, noNaN: true }), (one, other, most) => {
      const [grown, left] = [growth(one, other, most), rest(one, other)];
      assert.ok(grown >= 0 && grown <= most);
      assert.ok(left >= 0 && left <= Math.max(0, one));
    }),
  );
  assert.deepEqual([growth(1, 3), growth(3, 1), growth(Number.NaN, 3), growth(1, Number.NaN), growth(0, 9, 4)], [2, 0, 0, 0, 4]);
  assert.deepEqual([rest(10, 4), rest(10, 12), rest(10, -4)], [6, 0, 10]);
});

test('the cores that a host may have', () => {
  const possible = (text: string) => {
    using host = createTestHost({ '/sys/devices/system/cpu/possible': text });
    return mostCores(host.context.files);
  };
  assert.deepEqual(['0\n', '0-127\n', '0-3,8,12-13\n', 'garbage\n'].map(possible), [1, 128, 7, Number.POSITIVE_INFINITY]);
});
