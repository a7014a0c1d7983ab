import type { DiskTemplateRow } from './disk-template-row.ts';

export const ext = {
  summary: 'a volume of a storage provider, by its scripts (ExtStorage)',
  ganetiName: 'DTExt',
  built: false,
  mirroring: 'external',
  reach: 'shared',
  roles: ['primary'],
  space: 'ext',
  overhead: () => 0,
  growable: true,
  liveAttachable: true,
  params: { access: 'kernelspace' },
  logicalId: (type) => type.Tuple([type.String({ description: 'Provider' }), type.String({ description: 'Volume' })]),
  placement: { countsDisk: false, balanced: true, rescue: 'anywhere' },
} as const satisfies DiskTemplateRow;
