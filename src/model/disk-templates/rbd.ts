import type { DiskTemplateRow } from './disk-template-row.ts';

export const rbd = {
  summary: 'an image in a pool of Ceph',
  ganetiName: 'DTRbd',
  built: false,
  mirroring: 'external',
  reach: 'shared',
  roles: ['primary'],
  space: 'rados',
  overhead: () => 0,
  growable: true,
  liveAttachable: true,
  params: { access: 'kernelspace', pool: 'rbd' },
  logicalId: (type) => type.Tuple([type.Literal('rbd'), type.String({ description: 'Name of the image' })]),
  placement: { countsDisk: false, balanced: true, rescue: 'anywhere' },
} as const satisfies DiskTemplateRow;
