const collator = new Intl.Collator('en', { numeric: true });

/** Order of names as people expect it: inst2 before inst10. */
export function niceCompare(left: string, right: string): number {
  return collator.compare(left, right) || (left < right ? -1 : left > right ? 1 : 0);
}

export function niceSorted(names: Iterable<string>): string[] {
  return [...names].sort(niceCompare);
}

interface Named {
  readonly name: string;
}

const known = new WeakMap<object, readonly Named[]>();

/** The objects of a collection of a snapshot, in the order of their names. It never changes, so it is sorted once. */
export function niceSortedByName<Item extends Named>(collection: { values(): Iterable<Item> }): readonly Item[] {
  const before = known.get(collection) as readonly Item[] | undefined;
  if (before) return before;
  const sorted = [...collection.values()].sort((left, right) => niceCompare(left.name, right.name));
  known.set(collection, sorted);
  return sorted;
}
