import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectError } from '../testing/expect-error.ts';
import type { LiveNode } from './live-schemas.ts';
import { toNode } from './to-node.ts';

const quantities = { mtotal: 1, mnode: 2, mfree: 3, dtotal: 4, dfree: 5, ctotal: 6, cnos: 7, sptotal: 8, spfree: 9 };
const full: LiveNode = {
  name: 'node1',
  pip: '192.0.2.1',
  'group.uuid': 'g',
  offline: false,
  drained: false,
  vm_capable: true,
  exclusive_storage: false,
  spindle_count: 12,
  cpu_speed: 1.5,
  tags: ['t'],
  ...quantities,
};
const expected = {
  name: 'node1',
  group: 3,
  totalMemory: 1,
  nodeMemory: 2,
  freeMemory: 3,
  totalDisk: 4,
  freeDisk: 5,
  totalCpu: 6,
  nodeCpu: 7,
  cpuSpeed: 1.5,
  offline: false,
  master: false,
  totalSpindles: 12,
  freeSpindles: 9,
  exclusiveStorage: false,
  tags: ['t'],
  address: '192.0.2.1',
};
const nothing = { totalMemory: 0, nodeMemory: 0, freeMemory: 0, totalDisk: 0, freeDisk: 0, totalCpu: 0, nodeCpu: 0, freeSpindles: 0 };

test('what a node tells, and what it may leave out', () => {
  assert.deepEqual(toNode(full, 3, 'here'), expected);
  for (const pip of [null, '']) assert.ok(!('address' in toNode({ ...full, pip }, 3, 'here')));
  assert.deepEqual(toNode({ ...full, vm_capable: null, cpu_speed: null }, 3, 'here'), { ...expected, cpuSpeed: 1 });
  const diskless = { ...full, dtotal: null, dfree: null, spfree: null };
  assert.deepEqual(toNode(diskless, 3, 'here'), { ...expected, totalDisk: 0, freeDisk: 0, freeSpindles: 0 });
});

test('with exclusive storage the spindles are those of the storage', async () => {
  const exclusive = { ...full, exclusive_storage: true };
  assert.deepEqual(toNode(exclusive, 3, 'here'), { ...expected, exclusiveStorage: true, totalSpindles: 8 });
  await expectError(async () => toNode({ ...exclusive, sptotal: null }, 3, 'here'), 'HTOOLS_NODE_SILENT', /sptotal/);
});

test('one that is offline or cannot have instances has nothing, a drained one keeps what it tells', () => {
  for (const why of [{ offline: true }, { vm_capable: false }])
    assert.deepEqual(toNode({ ...full, ...why }, 3, 'here'), { ...expected, ...nothing, offline: true });
  assert.deepEqual(toNode({ ...full, drained: true }, 3, 'here'), { ...expected, offline: true });
});

test('one that is there and does not tell is named with what it does not tell', async () => {
  for (const field of ['mtotal', 'mnode', 'mfree', 'ctotal', 'cnos'])
    await expectError(
      async () => toNode({ ...full, [field]: null }, 3, 'here'),
      'HTOOLS_NODE_SILENT',
      new RegExp(`node1.*${field}|${field}.*node1`, 's'),
    );
});
