import { type TProperties, Type } from 'typebox';

/** Tags are Ganeti's: at most 128 characters of this alphabet (source: Ganeti `lib/objects.py`, `TaggableObject`). */
export const Tag = Type.String({ pattern: '^[\\w.+*/:@-]{1,128}$', description: 'A tag' });

/** Name of an instance, node, group, network: DNS-like, at most 255 characters. */
export const Name = Type.String({
  pattern: '^[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,253}[a-zA-Z0-9])?$',
  maxLength: 255,
  description: 'Letters, digits, "-", "_" and ".", beginning and ending with a letter or digit',
});

export const Uuid = Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', description: 'A UUID' });
export const Mac = Type.String({ pattern: '^([0-9a-f]{2}:){5}[0-9a-f]{2}$', description: 'A MAC address, lower case' });
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
