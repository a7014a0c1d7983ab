import { Type } from 'typebox';
import { formats } from '../../normalise.ts';
import { DiskFormat } from '../../objects/disk.ts';

/** Size of one disk as asked for. */
export const DiskRequest = Type.Object(
  {
    size: Type.Integer({ minimum: 1, format: formats.mebibytes, description: 'MiB' }),
    mode: Type.Optional(Type.Enum(['rw', 'ro'])),
    name: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    format: Type.Optional(DiskFormat),
  },
  { additionalProperties: false },
);
