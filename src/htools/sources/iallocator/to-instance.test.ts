import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noNode } from '../../../placement/index.ts';
import type { IallocatorInstance } from './iallocator-schemas.ts';
import { toInstance } from './to-instance.ts';

const given = {
  memory: 512,
  disk_space_total: 1280,
  disks: [{ size: 1024, spindles: 2 }, { size: 128, spindles: null }, { size: 64 }],
  vcpus: 3,
  admin_state: 'up',
  disk_template: 'drbd',
  spindle_use: 4,
  tags: ['t'],
  nics: [{ network: 'n' }, { network: null }, {}],
} as unknown as IallocatorInstance;

test('each field of the request, with nothing where it tells nothing', () => {
  assert.deepEqual(toInstance('one', given), {
    name: 'one',
    memory: 512,
    disk: 1280,
    disks: [
      { size: 1024, spindles: 2 },
      { size: 128, spindles: undefined },
      { size: 64, spindles: undefined },
    ],
    vcpus: 3,
    status: 'running',
    autoBalance: true,
    primary: noNode,
    secondary: noNode,
    diskTemplate: 'drbd',
    spindleUse: 4,
    tags: ['t'],
    nics: [{ network: 'n' }, { network: undefined }, { network: undefined }],
    forthcoming: false,
  });
});

test('what is wanted of it counts as its state', () => {
  const status = (admin_state: unknown) => toInstance('one', { ...given, admin_state } as IallocatorInstance).status;
  assert.deepEqual(['offline', 'down', 'up', undefined, null].map(status), [
    'ADMIN_offline',
    'ADMIN_down',
    'running',
    'running',
    'running',
  ]);
  assert.equal(toInstance('one', { ...given, forthcoming: true } as IallocatorInstance).forthcoming, true);
});
