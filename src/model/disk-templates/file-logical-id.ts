import type { Type } from 'typebox';
import type { LogicalIdPart, StoredDisk } from './disk-template-row.ts';

/** Ganeti's form for files: the driver and the path, absolute or relative to the storage folder of the node; empty: the standard place. */
export const fileLogicalId = (type: typeof Type) =>
  type.Union([type.Tuple([]), type.Tuple([type.String({ description: 'Driver' }), type.String({ description: 'Path' })])]);

/** Path of the file of a new disk below the storage folder. It has no name in it that can change. */
export const newFile = ({ instance, uuid, format }: Omit<StoredDisk, 'logical_id'>): string => `${instance.uuid}/${uuid}.${format}`;

/**
 * Where the file of a disk belongs if it was made by a version that used the name of the instance for its folder. A file with
 * another name was put there by somebody else and stays where it is.
 */
export function settledFile({ instance, uuid, format, logical_id }: StoredDisk): LogicalIdPart[] | undefined {
  const [driver, path] = logical_id;
  if (driver === undefined || typeof path !== 'string') return undefined;
  const parts = path.split('/');
  const [folder, name] = parts.splice(-2);
  if (name !== `${uuid}.${format}` || folder === instance.uuid) return undefined;
  return [driver, [...parts, instance.uuid, name].join('/')];
}
