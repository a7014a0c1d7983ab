import type { DiskTemplateRow } from './disk-template-row.ts';

/** Ganeti's size of the volume for DRBD's metadata. Source: gnt-instance(8). */
const metadataMib = 128;

export const drbd = {
  summary: 'two logical volumes on each of two nodes, for data and metadata, kept equal by DRBD',
  ganetiName: 'DTDrbd8',
  built: false,
  mirroring: 'internal',
  reach: 'local',
  // The primary finds its peer ready, so a new disk is in sync from the beginning.
  roles: ['secondary', 'primary'],
  space: 'lvm-vg',
  overhead: () => metadataMib,
  growable: true,
  liveAttachable: true,
  params: {
    'resync-rate': 61440,
    'data-stripes': 1,
    'meta-stripes': 1,
    'disk-barriers': 'n',
    'meta-barriers': false,
    metavg: 'xenvg',
    'disk-custom': '',
    'net-custom': '',
    protocol: 'C',
    'dynamic-resync': false,
    'c-plan-ahead': 20,
    'c-fill-target': 0,
    'c-delay-target': 1,
    'c-max-rate': 61440,
    'c-min-rate': 4096,
  },
  logicalId: (type) =>
    type.Tuple([
      type.String({ description: 'UUID of node A' }),
      type.String({ description: 'UUID of node B' }),
      type.Integer({ minimum: 1, maximum: 65_535, description: 'TCP port' }),
      type.Integer({ minimum: 0, description: 'Minor number on node A' }),
      type.Integer({ minimum: 0, description: 'Minor number on node B' }),
      type.String({ description: 'Secret that the two nodes share, encrypted' }),
    ]),
  placement: { countsDisk: true, balanced: true, rescue: 'failover' },
} as const satisfies DiskTemplateRow;
