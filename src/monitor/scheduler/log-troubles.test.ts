import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toJsonBytes } from '../host/json-bytes.ts';
import { makeCollector } from '../testing/make-collector.ts';
import { logTroubles } from './log-troubles.ts';
import { createReportCache } from './report-cache.ts';

test('the log has a line when trouble begins, when it turns into another, and when it ends', () => {
  const cache = createReportCache([makeCollector('lv'), makeCollector('drbd')], { now: () => 0, wallTime: () => 0 });
  const lines: unknown[] = [];
  logTroubles(cache, (level, _, { collector, failure } = {}) => lines.push([level, collector, failure]));
  const trouble = (failure: 'failed' | 'timed-out') => ({ failure, problem: 'gone', attempts: 1 });
  cache.storeGood('lv', toJsonBytes('[]'), [], 1);
  cache.storeTrouble('lv', trouble('failed'));
  cache.storeTrouble('drbd', trouble('timed-out'));
  cache.storeTrouble('lv', { ...trouble('failed'), problem: 'still gone', attempts: 2 });
  cache.storeTrouble('lv', trouble('timed-out'));
  cache.storeGood('lv', toJsonBytes('[]'), [], 1);
  cache.storeGood('lv', toJsonBytes('[]'), [], 1);
  cache.storeTrouble('lv', trouble('failed'));
  assert.deepEqual(lines, [
    ['warn', 'lv', 'failed'],
    ['warn', 'drbd', 'timed-out'],
    ['warn', 'lv', 'timed-out'],
    ['info', 'lv', undefined],
    ['warn', 'lv', 'failed'],
  ]);
});
