import type { Field } from '../fields/field.ts';
import { pickFields } from '../fields/rows.ts';
import type { Relation } from '../relations/relation.ts';
import type { View } from '../view.ts';

/** What is said once about a kind of object that can be queried. */
export interface KindDefinition<Item> {
  /** As in `/2/query/<name>`. */
  readonly name: string;
  readonly fields: readonly Field<Item>[];
  /** Names of the fields of its resource (`/2/nodes/<name>`), in Ganeti's order, separated by blanks. */
  readonly row?: string;
  /** Objects that belong to one of it, by the name of the relation. */
  readonly relations?: Readonly<Record<string, Relation<Item>>>;
  /** All objects in the order of lists; left out where they are gathered by the one who shows them. */
  readonly items?: (view: View) => readonly Item[];
}

/** A kind of object that can be queried. */
export interface Kind<Item> {
  readonly name: string;
  readonly fields: readonly Field<Item>[];
  readonly byName: ReadonlyMap<string, Field<Item>>;
  /** The fields of its resource. */
  readonly rowFields: readonly Field<Item>[];
  readonly relations: Readonly<Record<string, Relation<Item>>>;
  /** The objects that the one who asks may see, in the order of lists. */
  items(view: View): readonly Item[];
}

export function defineKind<Item>({ name, fields, row, relations = {}, items = () => [] }: KindDefinition<Item>): Kind<Item> {
  return {
    name,
    fields,
    byName: new Map(fields.map((one) => [one.name, one])),
    rowFields: row === undefined ? fields : pickFields(fields, row.split(/\s+/)),
    relations,
    items(view) {
      const { visible } = view;
      return visible ? items(view).filter((item) => visible(name, item)) : items(view);
    },
  };
}
