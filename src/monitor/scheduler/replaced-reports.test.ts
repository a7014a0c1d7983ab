import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';
import { toJsonBytes } from '../host/json-bytes.ts';
import { makeCollector } from '../testing/make-collector.ts';
import { createReportCache, jsonOf } from './report-cache.ts';

// In a file of its own, for the option of V8 goes on until its process ends.
test('reports are objects of the fast form: of the other, what others replaced was seen to stay until the whole heap is looked through', () => {
  setFlagsFromString('--allow-natives-syntax');
  const isFast = runInThisContext('(report) => %HasFastProperties(report)') as (report: unknown) => boolean;
  const cache = createReportCache([makeCollector('cpu')], { now: () => 1, wallTime: () => 1 });
  const next = () => {
    cache.storeGood('cpu', toJsonBytes('[]'), [], 3);
    const [report] = cache.reports();
    assert.ok(report);
    jsonOf(report);
    return report;
  };
  for (let i = 0; i < 5; i++) assert.ok(isFast(next()));
});
