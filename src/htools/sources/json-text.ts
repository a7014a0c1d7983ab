import { GantryError } from '../../base/index.ts';

/** @throws HTOOLS_JSON_MALFORMED */
export function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GantryError('HTOOLS_JSON_MALFORMED', { place, detail: (cause as Error).message }, { cause });
  }
}

/** The members of an object, none for anything else; the schema complains about those that miss. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
