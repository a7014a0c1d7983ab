import { type Static, Type } from 'typebox';
import { diskTemplates, type DiskTemplate as Template } from '../disk-templates/catalogue.ts';
import { Mebibytes, Uuid } from './common.ts';

export const DiskTemplate = Type.Enum([...diskTemplates], { description: 'How the disks of an instance are stored' });
export type DiskTemplate = Template;

export const diskFormats = ['raw', 'qcow2'] as const;
export const DiskFormat = Type.Enum(diskFormats, { description: 'Format of the file' });
export type DiskFormat = (typeof diskFormats)[number];

/**
 * What the storage adapter needs to find a disk again, e.g. its path. Each disk template has its own form, which `requireLogicalId`
 * checks.
 */
export const LogicalId = Type.Array(Type.Union([Type.String(), Type.Integer()]));

const fields = {
  uuid: Uuid,
  name: Type.Union([Type.String(), Type.Null()]),
  dev_type: DiskTemplate,
  size: Mebibytes,
  mode: Type.Union([Type.Literal('rw'), Type.Literal('ro')]),
  format: DiskFormat,
  logical_id: LogicalId,
  params: Type.Record(Type.String(), Type.Unknown()),
};

/** A disk of an instance, as configured. It is stored inside its instance. */
export const Disk = Type.Object({
  ...fields,
  /** The disks that it is made of on each of its nodes, such as the volumes below DRBD; these have none themselves. */
  children: Type.Optional(Type.Array(Type.Object(fields))),
});
export type Disk = Static<typeof Disk>;
