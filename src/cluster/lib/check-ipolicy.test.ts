import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GantryError } from '../../base/index.ts';
import { defaultIpolicy } from '../../model/index.ts';
import { checkIpolicy } from './check-ipolicy.ts';

const subject = { name: 'web1', memory: 128, vcpus: 1, spindleUse: 1, diskSizes: [64], nics: 1, diskTemplate: 'file' };

test('an instance within the policy passes', () => {
  checkIpolicy(defaultIpolicy, subject, 'default');
});

test('each violation is named with its limit', () => {
  const bad = { ...subject, memory: 1, vcpus: 99, diskSizes: [2_000_000] };
  assert.throws(
    () => checkIpolicy(defaultIpolicy, bad, 'default'),
    (error: GantryError) => {
      assert.equal(error.code, 'IPOLICY_VIOLATED');
      assert.match(error.message, /memory \(MiB\) 1 is below the minimum 4/);
      assert.match(error.message, /virtual processors 99 is above the maximum 8/);
      assert.match(error.message, /size of disk 0 \(MiB\) 2000000 is above the maximum 1048576/);
      return true;
    },
  );
});

test('one fitting pair of several is enough, and the disk template counts', () => {
  const [pair] = defaultIpolicy.minmax;
  assert.ok(pair);
  const tiny = { min: pair.min, max: { ...pair.max, 'memory-size': 64 } };
  checkIpolicy({ ...defaultIpolicy, minmax: [tiny, pair] }, subject, 'default');
  assert.throws(() => checkIpolicy({ ...defaultIpolicy, 'disk-templates': ['plain'] }, subject, 'default'), /disk template file/);
});
