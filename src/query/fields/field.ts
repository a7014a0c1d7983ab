import type { TSchema } from 'typebox';
import type { ConfigView, View } from '../view.ts';
import { type FieldKind, type Got, typeOf, type ValueType } from './value-types.ts';

/**
 * Where a value comes from: `stored` in the object itself; `computed` from it and the rest of the configuration, such as
 * defaults and names of other objects; `live`: what the program that answers knows beside the configuration.
 */
export type FieldSource = 'stored' | 'computed' | 'live';

/** One field of a kind of object; the single source of queries, of resources, of their description and of the list of fields. */
export interface Field<Item> {
  readonly name: string;
  readonly title: string;
  readonly kind: FieldKind;
  readonly doc: string;
  /** Its values as resources show them. */
  readonly schema: TSchema;
  readonly source: FieldSource;
  /** `hostname`: a filter may give the first part of the name only. `seconds`: a filter compares the seconds of [s, µs]. */
  readonly compare?: 'hostname' | 'seconds';
  /** undefined: no data; null: not available; or `offline`, `knownNull`, or the value. */
  readonly get: (item: Item, view: View) => unknown;
}

/** Name, title, type, documentation and getter of a field. The compiler checks that the getter fits type and source. */
type Define<Args extends readonly unknown[], Item> = <const T extends FieldKind | ValueType>(
  name: string,
  title: string,
  type: T,
  doc: string,
  get: (...args: Args) => Got<T>,
  compare?: Field<Item>['compare'],
) => Field<Item>;

/** How fields of a kind of object are defined, by the source of their values. */
export interface Definers<Item> {
  readonly stored: Define<[item: Item], Item>;
  readonly computed: Define<[item: Item, view: ConfigView], Item>;
  readonly live: Define<[item: Item, view: View], Item>;
}

function definer<Item>(source: FieldSource): Define<[Item, View], Item> {
  return (name, title, type, doc, get, compare) => {
    const one = { name, title, ...typeOf(type), doc, source, get };
    return compare ? { ...one, compare } : one;
  };
}

export const fieldsOf = <Item>(): Definers<Item> => ({
  stored: definer<Item>('stored') as Definers<Item>['stored'],
  computed: definer<Item>('computed') as Definers<Item>['computed'],
  live: definer<Item>('live'),
});
