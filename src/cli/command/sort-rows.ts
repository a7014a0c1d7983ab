import type { Row } from '../connect/cluster-client.ts';
import { fieldValue, type ListField } from '../output/list-fields.ts';

/** Rows in the order of these fields: numbers by size, names with their numbers by size (web2 before web10), what is not known last. */
export function sortRows(
  rows: readonly Row[],
  keys: readonly { readonly field: ListField; readonly descending: boolean }[],
): readonly Row[] {
  if (keys.length === 0) return rows;
  return rows.toSorted((left, right) => {
    for (const { field, descending } of keys) {
      const order = compare(fieldValue(field, left), fieldValue(field, right), descending);
      if (order !== 0) return order;
    }
    return 0;
  });
}

let collator: Intl.Collator | undefined;

/** Made on first use, since that takes longer than the rest of a list's code. */
function compareNames(left: string, right: string): number {
  collator ??= new Intl.Collator('en', { numeric: true });
  return collator.compare(left, right);
}

function compare(left: unknown, right: unknown, descending: boolean): number {
  const [a, b] = [comparable(left), comparable(right)];
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : compareNames(String(a), String(b));
  return descending ? -order : order;
}

/** A list counts by its first member: times are pairs of seconds and microseconds. */
function comparable(value: unknown): number | string | undefined {
  if (value === null || value === undefined || value === '') return undefined;
  if (Array.isArray(value)) return comparable(value[0]);
  return typeof value === 'number' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value as boolean | string);
}
