const collator = new Intl.Collator('en', { numeric: true });

/** Order of names as people expect it: inst2 before inst10. */
export function niceCompare(left: string, right: string): number {
  return collator.compare(left, right) || (left < right ? -1 : left > right ? 1 : 0);
}

export function niceSorted(names: Iterable<string>): string[] {
  return [...names].sort(niceCompare);
}
