import { type Static, Type } from 'typebox';
import { Mebibytes, Uuid } from './common.ts';

/** Ganeti's disk templates. Which of them a build can create is decided by the storage adapters of the nodes. */
export const diskTemplates = ['diskless', 'file', 'sharedfile', 'plain', 'drbd', 'rbd', 'blockdev', 'ext', 'gluster'] as const;
export const DiskTemplate = Type.Enum(diskTemplates, { description: 'How the disks of an instance are stored' });
export type DiskTemplate = (typeof diskTemplates)[number];

export const diskFormats = ['raw', 'qcow2'] as const;
export const DiskFormat = Type.Enum(diskFormats, { description: 'Format of the file' });
export type DiskFormat = (typeof diskFormats)[number];

/** A disk of an instance, as configured. It is stored inside its instance. */
export const Disk = Type.Object({
  uuid: Uuid,
  name: Type.Union([Type.String(), Type.Null()]),
  dev_type: DiskTemplate,
  size: Mebibytes,
  mode: Type.Union([Type.Literal('rw'), Type.Literal('ro')]),
  format: DiskFormat,
  /** What the storage adapter needs to find the disk again, e.g. its path; opaque to everybody else. */
  logical_id: Type.Array(Type.String()),
  params: Type.Record(Type.String(), Type.Unknown()),
});
export type Disk = Static<typeof Disk>;
