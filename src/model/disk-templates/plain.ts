import type { DiskTemplateRow } from './disk-template-row.ts';

export const plain = {
  summary: 'a logical volume of LVM on the node',
  ganetiName: 'DTPlain',
  built: false,
  mirroring: 'none',
  reach: 'local',
  roles: ['primary'],
  space: 'lvm-vg',
  overhead: () => 0,
  growable: true,
  liveAttachable: true,
  params: { stripes: 1 },
  logicalId: (type) => type.Tuple([type.String({ description: 'Volume group' }), type.String({ description: 'Logical volume' })]),
  placement: { countsDisk: true, balanced: false, rescue: 'recreate' },
} as const satisfies DiskTemplateRow;
