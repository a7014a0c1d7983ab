import type { DiskTemplateRow } from './disk-template-row.ts';

export const diskless = {
  summary: 'the instance has no disks',
  ganetiName: 'DTDiskless',
  built: true,
  mirroring: 'external',
  reach: 'none',
  roles: ['primary'],
  space: null,
  overhead: () => 0,
  growable: false,
  liveAttachable: false,
  params: {},
  logicalId: (type) => type.Tuple([]),
  // A diskless instance stays where it is, as in Ganeti.
  placement: { countsDisk: false, balanced: false, rescue: 'anywhere' },
} as const satisfies DiskTemplateRow;
