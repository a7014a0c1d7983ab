import type { Type } from 'typebox';
import type { NewDisk } from './disk-template-row.ts';

/** Ganeti's form for files: the driver and the path, absolute or relative to the storage folder of the node; empty: the standard place. */
export const fileLogicalId = (type: typeof Type) =>
  type.Union([type.Tuple([]), type.Tuple([type.String({ description: 'Driver' }), type.String({ description: 'Path' })])]);

/** Path of the file of a new disk below the storage folder. */
export const newFile = ({ instance, uuid, format }: NewDisk): string => `${instance.name}/${uuid}.${format}`;
