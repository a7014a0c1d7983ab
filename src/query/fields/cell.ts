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
