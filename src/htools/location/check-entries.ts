import type { TSchema } from 'typebox';
import { Check, Errors } from 'typebox/value';
import { closestName } from '../../base/index.ts';
import type { LocatedDocument } from './located-document.ts';

/** The value of a document that fits a schema. @throws LOCATION_INVALID at the first thing that does not fit */
export function checkEntries(schema: TSchema, document: LocatedDocument): unknown {
  if (Check(schema, document.value)) return document.value;
  const errors = Errors(schema, document.value).filter(({ keyword }) => keyword !== 'anyOf');
  const first = errors.find(({ keyword }) => keyword === 'additionalProperties') ?? errors[0];
  const path = (first?.instancePath ?? '').split('/').slice(1);
  const { requiredProperties, additionalProperties } = (first?.params ?? {}) as Record<string, string[] | undefined>;
  const [missing] = requiredProperties ?? [];
  const [extra] = additionalProperties ?? [];
  const subject = path.filter((part) => !/^\d+$/.test(part)).at(-1) ?? 'the file';
  if (extra !== undefined) throw document.invalid([...path, extra], `"${extra}" is not known in ${subject}.${hint(schema, extra)}`);
  if (missing !== undefined) throw document.invalid(path, `"${missing}" is missing in ${subject}.`);
  const message = first?.message ?? 'does not match the schema';
  throw document.invalid(
    path,
    `${subject} ${message.replace(/^must be (?=object|array|integer)/, 'must be an ').replace(/^must be (?=string|number)/, 'must be a ')}.`,
  );
}

/** A name that is known somewhere in the file and was probably meant. */
function hint(schema: TSchema, extra: string): string {
  const close = closestName(extra, [...keysOf(schema)]);
  return close === undefined || close === extra ? '' : ` Is "${close}" meant?`;
}

function keysOf(schema: unknown, found: Set<string> = new Set()): Set<string> {
  if (typeof schema !== 'object' || schema === null) return found;
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties' && typeof value === 'object' && value !== null) for (const name of Object.keys(value)) found.add(name);
    keysOf(value, found);
  }
  return found;
}
