import { type TObject, type TProperties, type TSchema, Type } from 'typebox';
import { always, type FieldKind, names, type TypedKind, typedKind } from './field-kinds.ts';
import type { View } from './view.ts';

/** Ganeti's result states of one value in a query: normal, unknown field, no data, not available, node offline. */
export type Cell = readonly [0, unknown] | readonly [1 | 2 | 3 | 4, null];

export const unknownCell: Cell = [1, null];
const noDataCell: Cell = [2, null];
const unavailableCell: Cell = [3, null];
const offlineCell: Cell = [4, null];

/** A getter returns this when the value cannot be had because the node is marked offline. */
export const offline = Symbol('offline');
/** A getter returns this for a value that is null and known to be so. */
export const knownNull = Symbol('null');

/** One field of a kind of object; the single source of queries, of resources and of the list of fields. */
export interface Field<Item> {
  readonly name: string;
  readonly title: string;
  readonly kind: FieldKind;
  readonly doc: string;
  /** Its values as resources show them, for the description of the API. */
  readonly schema: TSchema;
  /** `hostname`: a filter may give the first part of the name only. `seconds`: a filter compares the seconds of [s, µs]. */
  readonly compare?: 'hostname' | 'seconds';
  /** undefined: no data; null: not available; or `offline`, `knownNull`, or the value. */
  readonly get: (item: Item, view: View) => unknown;
}

export function field<Item>(
  name: string,
  title: string,
  kind: FieldKind | TypedKind,
  doc: string,
  get: Field<Item>['get'],
  compare?: Field<Item>['compare'],
): Field<Item> {
  const one = { name, title, ...typedKind(kind), doc, get };
  return compare ? { ...one, compare } : one;
}

/** What a getter returned, with its state. */
export function toCell(value: unknown): Cell {
  if (value === undefined) return noDataCell;
  if (value === null) return unavailableCell;
  if (value === offline) return offlineCell;
  return [0, value === knownNull ? null : value];
}

/** What a getter returned, as plain resources show it: whatever is not there is null. */
export function toPlain(value: unknown): unknown {
  return value === undefined || typeof value === 'symbol' ? null : value;
}

/** The fields that every stored object has. */
export function commonFields<Item extends { ctime: number; mtime: number; uuid: string; serial_no: number; tags: readonly string[] }>(
  object: string,
): Field<Item>[] {
  return [
    field('ctime', 'CTime', always('timestamp'), 'When it was created', (item) => item.ctime),
    field('mtime', 'MTime', always('timestamp'), 'When it was changed last', (item) => item.mtime),
    field('uuid', 'UUID', always('text'), `${object} UUID`, (item) => item.uuid),
    field(
      'serial_no',
      'SerialNo',
      always('number'),
      `Grows by one with every change of the ${object.toLowerCase()}`,
      (item) => item.serial_no,
    ),
    field('tags', 'Tags', names, 'Tags', (item) => item.tags),
  ];
}

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
export function rowSchema<Item>(fields: readonly Field<Item>[], more: TProperties = {}): TObject {
  const own = fields.map(({ name, doc, schema }) => [name, { ...schema, description: doc }] as const);
  return Type.Object({ ...Object.fromEntries(own), ...more });
}

/** An object with the values of some fields. */
export function plainRow<Item>(fields: readonly Field<Item>[], item: Item, view: View): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const { name, get } of fields) row[name] = toPlain(get(item, view));
  return row;
}
