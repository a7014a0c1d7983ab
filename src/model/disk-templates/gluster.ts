import type { DiskTemplateRow } from './disk-template-row.ts';

export const gluster = {
  summary: 'a file in a volume of GlusterFS',
  ganetiName: 'DTGluster',
  built: false,
  mirroring: 'external',
  reach: 'shared',
  roles: ['primary'],
  space: 'gluster',
  overhead: () => 0,
  growable: true,
  liveAttachable: true,
  params: { access: 'kernelspace', host: '127.0.0.1', port: 24007, volume: 'gv0' },
  logicalId: (type) => type.Tuple([type.Literal('loop'), type.String({ description: 'Path in the volume' })]),
  placement: { countsDisk: false, balanced: true, rescue: 'anywhere' },
} as const satisfies DiskTemplateRow;
