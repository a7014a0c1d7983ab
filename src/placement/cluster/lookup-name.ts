/**
 * Finds a name by its full form or by a prefix that ends before a dot (`web1` for `web1.example.com`).
 * @returns undefined when none fits, or several do and none is equal
 */
export function lookupName(names: readonly string[], wanted: string): string | undefined {
  if (names.includes(wanted)) return wanted;
  const partial = names.filter((name) => name.startsWith(`${wanted}.`));
  return partial.length === 1 ? partial[0] : undefined;
}
