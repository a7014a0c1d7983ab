import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GantryError } from '../../../base/index.ts';
import { defaultIpolicy, type IspecPoint } from '../../../model/index.ts';
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

const bounds = (value: number): IspecPoint => ({
  'memory-size': value,
  'disk-size': value,
  'disk-count': value,
  'cpu-count': value,
  'nic-count': value,
  'spindle-use': value,
});
const between = { ...defaultIpolicy, minmax: [{ min: bounds(2), max: bounds(4) }] };
const sized = (value: number) => ({
  ...subject,
  memory: value,
  vcpus: value,
  spindleUse: value,
  nics: value,
  diskSizes: Array.from({ length: value }, () => value),
});
const passes = (changes: Partial<typeof subject>) => checkIpolicy(between, { ...sized(3), ...changes }, 'default');

test('bounds belong to what is allowed, and what is beyond one of them is refused', () => {
  for (const value of [2, 3, 4]) checkIpolicy(between, sized(value), 'default');
  for (const value of [1, 5]) {
    for (const member of ['memory', 'vcpus', 'spindleUse', 'nics'] as const) {
      assert.throws(() => passes({ [member]: value }), { code: 'IPOLICY_VIOLATED' }, `${member} ${value}`);
    }
    assert.throws(() => passes({ diskSizes: [3, value] }), /size of disk 1/);
    assert.throws(() => passes({ diskSizes: Array.from({ length: value }, () => 3) }), /number of disks/);
  }
});

test('an instance without disks is held to everything but disks', () => {
  passes({ diskTemplate: 'diskless', diskSizes: [] });
  assert.throws(() => passes({ diskTemplate: 'file', diskSizes: [] }), /number of disks 0 is below/);
  assert.throws(() => passes({ diskTemplate: 'diskless', diskSizes: [], memory: 5 }), /memory \(MiB\) 5 is above/);
  const onFiles = { ...between, 'disk-templates': ['file' as const] };
  assert.throws(() => checkIpolicy(onFiles, { ...sized(3), diskTemplate: 'diskless' }, 'default'), /disk template diskless/);
});
