import { type TObject, type TProperties, Type } from 'typebox';
import type { View } from '../view.ts';
import { toPlain } from './cell.ts';
import type { Field } from './field.ts';

/** Picks fields by name, in that order. */
export function pickFields<Item>(fields: readonly Field<Item>[], names: readonly string[]): Field<Item>[] {
  const byName = new Map(fields.map((one) => [one.name, one]));
  return names.map((name) => {
    const found = byName.get(name);
    if (!found) throw new Error(`no field ${name}`);
    return found;
  });
}

/** The schema of an object with the values of some fields. */
export function rowSchema(fields: readonly Field<never>[], more: TProperties = {}): TObject {
  const own = fields.map(({ name, doc, schema }) => [name, { ...schema, description: doc }] as const);
  return Type.Object({ ...Object.fromEntries(own), ...more });
}

/** An object with the values of some fields. */
export function plainRow<Item>(fields: readonly Field<Item>[], item: Item, view: View): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const { name, get } of fields) row[name] = toPlain(get(item, view));
  return row;
}
