/**
 * Finds a name that is given whole or up to one of its dots (`web1` for `web1.example.com`).
 * @returns undefined when none fits, or several do and none is equal
 */
export function lookupName(names: readonly string[], wanted: string): string | undefined {
  if (names.includes(wanted)) return wanted;
  const partial = names.filter((name) => name.startsWith(`${wanted}.`));
  return partial.length === 1 ? partial[0] : undefined;
}
