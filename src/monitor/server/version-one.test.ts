import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../../base/index.ts';
import type { CollectorCategory } from '../collector/collector.ts';
import { toJsonBytes } from '../host/json-bytes.ts';
import { createReportCache } from '../scheduler/report-cache.ts';
import { makeCollector } from '../testing/make-collector.ts';
import { versionOneJson } from './version-one.ts';

function asGanetis(name: string, data: Json, category: CollectorCategory = 'storage', trouble = false): Record<string, Json> {
  const cache = createReportCache([makeCollector(name, { category })], { now: () => 0, wallTime: () => 1000 });
  cache.storeGood(name, toJsonBytes(JSON.stringify(data)), [], 1);
  if (trouble) cache.storeTrouble(name, { failure: 'failed', problem: 'gone', attempts: 1 });
  const [report] = cache.reports();
  assert.ok(report);
  return JSON.parse(versionOneJson(report).toString());
}

test("devices have Ganeti's keys alone, in its order; what lies beside them stays", () => {
  const devices = [{ peers: [], minor: 1, connectionState: 'Connected', quorum: true, instance: null, volume: 0, resource: 'r' }];
  const { data } = asGanetis('drbd', { status: { code: 0, message: '' }, versionInfo: { version: '9' }, deviceInfos: devices });
  assert.equal(
    JSON.stringify(data),
    '{"status":{"code":0,"message":""},"versionInfo":{"version":"9"},"deviceInfos":[{"minor":1,"connectionState":"Connected","instance":null}]}',
  );
  assert.deepEqual(asGanetis('drbd', { status: { code: 2, message: 'x' } })['data'], { status: { code: 2, message: 'x' } });
  const disk = { major: 8, minor: 0, name: 'sda', readsNum: 1, wIOmillis: 2, discards: 3, flushes: 4 };
  assert.deepEqual(asGanetis('diskstats', [disk])['data'], [{ major: 8, minor: 0, name: 'sda', readsNum: 1, wIOmillis: 2 }]);
});

test('collectors that Ganeti does not have stay as they are, but for category and trouble', () => {
  const report = asGanetis('memory', { used: 1, any: { thing: [2] } }, 'node', true);
  assert.deepEqual([report['category'], report['data'], report['trouble']], [null, { used: 1, any: { thing: [2] } }, undefined]);
  assert.equal(asGanetis('inst-usage', [], 'instance')['category'], 'instance');
});

test('an error in place of data is told', () => assert.deepEqual(asGanetis('diskstats', { error: 'x' })['data'], { error: 'x' }));
