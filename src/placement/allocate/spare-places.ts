import type { Search } from './search.ts';

/**
 * Leaves out nodes that are equivalent to another one: nodes without instances and with the same values. Two of each kind stay,
 * the last in order, since a pair needs different nodes.
 */
export function sparePlaces({ state, allocation, rules }: Search, nodes: Int32Array): Int32Array {
  if (nodes.length < 8 || rules || state.tags.words > 0) return nodes;
  const { table } = allocation;
  const { metrics, values, factors } = table;
  const { primaries, secondaries, changing } = state.nodes;
  const seen = new Map<number, number[]>();
  // What never changes shows in the factors, what does in the columns.
  const alike = (a: number, b: number): boolean => {
    for (let k = 0; k < metrics; k++) if (factors[a * metrics + k] !== factors[b * metrics + k]) return false;
    return changing.every((column) => column[a] === column[b]);
  };
  return nodes
    .toReversed()
    .filter((n) => {
      if ((primaries[n] as number) + (secondaries[n] as number) > 0) return true;
      const key = values[n * metrics] as number;
      const others = seen.get(key) ?? [];
      if (others.filter((other) => alike(other, n)).length >= 2) return false;
      seen.set(key, [...others, n]);
      return true;
    })
    .reverse();
}
