import { type Cell, toCell, unknownCell } from './fields/cell.ts';
import { compileFilter } from './filter/filter.ts';
import type { Kind } from './kinds/kind.ts';
import type { View } from './view.ts';

export interface Selection {
  /** Names of fields; the columns. */
  readonly names: readonly string[];
  /** In Ganeti's query language; null: every object. */
  readonly filter: unknown;
}

/**
 * The values of fields of the objects that pass a filter and may be seen, each with its state, in the order of lists.
 * @throws API_QUERY_MALFORMED, API_QUERY_FAILED
 */
export function select<Item>(kind: Kind<Item>, { names, filter }: Selection, view: View): readonly (readonly Cell[])[] {
  const columns = names.map((name) => kind.byName.get(name));
  const passes = compileFilter(filter, kind.byName);
  return kind
    .items(view)
    .filter((item) => passes(item, view))
    .map((item) => columns.map((column) => (column ? toCell(column.get(item, view)) : unknownCell)));
}
