import { Type } from 'typebox';

const flag = (description: string) => Type.Optional(Type.Integer({ description: `${description} (0 or 1)` }));

/** Query parameters that many resources have. */
export const bulkQuery = Type.Object({ bulk: flag('All fields instead of names') });

/** Whether a flag such as `?bulk=1` is set. */
export const isSet = (query: Readonly<Record<string, unknown>>, name: string): boolean => Boolean(query[name]);

/** The values of a parameter that may be given several times. */
export function allOf(query: Readonly<Record<string, unknown>>, name: string): string[] {
  const value = query[name];
  return value === undefined ? [] : (Array.isArray(value) ? value : [value]).map(String);
}
