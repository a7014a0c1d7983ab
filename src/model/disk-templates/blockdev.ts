import type { DiskTemplateRow } from './disk-template-row.ts';

export const blockdev = {
  summary: 'a block device that is there already and that all nodes reach',
  ganetiName: 'DTBlock',
  built: false,
  mirroring: 'external',
  reach: 'shared',
  roles: ['primary'],
  space: 'blockdev',
  overhead: () => 0,
  growable: false,
  liveAttachable: true,
  params: {},
  logicalId: (type) => type.Tuple([type.Literal('manual'), type.String({ pattern: '^/', description: 'Path of the device' })]),
  // Ganeti's N+1 check does not reckon that a device given by hand is there on any other node.
  placement: { countsDisk: false, balanced: true, rescue: 'recreate' },
} as const satisfies DiskTemplateRow;
