import { type TProperties, Type } from 'typebox';
import { formats } from '../normalise.ts';

/** Tags are Ganeti's: at most 128 characters of this alphabet (source: Ganeti `lib/objects.py`, `TaggableObject`). */
export const Tag = Type.String({ pattern: '^[\\w.+*/:@-]{1,128}$', description: '1 to 128 letters, digits and characters of _.+*/:@-' });

/** Name by which an instance, node, group or network is found: whatever any version may have stored. */
export const Name = Type.String({
  pattern: '^[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,253}[a-zA-Z0-9])?$',
  maxLength: 255,
  description: 'Letters, digits, "-", "_" and ".", beginning and ending with a letter or digit',
});

/**
 * Name that a new instance, node, group, network or cluster may get: labels as in DNS, of 1 to 63 characters, at most 253
 * in all. So it can be the name of a file and of a host.
 */
export const NewName = Type.String({
  pattern: '^[a-zA-Z0-9]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?(\\.[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?)*$',
  maxLength: 253,
  description: 'labels of 1 to 63 letters, digits, "-" and "_", separated by "."; at most 253 characters',
});

export const Uuid = Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', description: 'A UUID' });
/** The object that a name must belong to, where a request gives both; alone it may stand in place of the name. */
export const OptionalUuid = Type.Optional(
  Type.Union([Uuid, Type.Null()], { description: 'UUID, instead of the name; if both are given, they must name the same object' }),
);
export const OptionalUuids = Type.Optional(
  Type.Union([Type.Array(Uuid), Type.Null()], {
    description: 'UUIDs, instead of the names; if both are given, they must name the same objects, in any order',
  }),
);
export const Mac = Type.String({
  pattern: '^([0-9a-f]{2}:){5}[0-9a-f]{2}$',
  format: formats.hexPairs,
  description: 'A MAC address, lower case',
});
/** A MAC address, or the first half of one, as it may be asked for; it is stored in lower case. */
export const MacWish = Type.String({
  pattern: '^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$',
  format: formats.hexPairs,
  description: 'A MAC address',
});
export const MacPrefix = Type.String({
  pattern: '^[0-9a-fA-F]{2}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}$',
  format: formats.hexPairs,
  description: 'First half of MAC addresses',
});
export const Mebibytes = Type.Integer({ minimum: 0, description: 'MiB' });

/** What every stored object has. Times are seconds since 1970 with fractions, as in Ganeti. */
export const commonFields = {
  uuid: Uuid,
  ctime: Type.Number({ description: 'Creation time, seconds since 1970' }),
  mtime: Type.Number({ description: 'Time of the last change, seconds since 1970' }),
  serial_no: Type.Integer({ minimum: 1, description: 'Grows by one with every change' }),
  tags: Type.Array(Tag, { description: 'Sorted, without duplicates' }),
} satisfies TProperties;

/** Parameters as an operator set them at one level: only the ones that differ from the level above. */
export const PartialParams = Type.Record(Type.String(), Type.Unknown());
