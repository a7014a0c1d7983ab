import type { VectorState } from './vector-state.ts';

/** The bins an item can ever be in: `count[item]` of `bins`, from `first[item]` on. */
export interface ReachableBins {
  readonly bins: Int32Array;
  readonly first: Int32Array;
  readonly count: Int32Array;
}

/** Pairs of items and bins that are worth a table; above it every item is thought to reach all bins. */
const mostPairs = 1 << 24;

/**
 * With all items at home: an item can come to a bin if it would have room there with everything gone that can go. Transient
 * needs of what is at home there never go.
 */
export function reachableBins(state: VectorState): ReachableBins {
  const { items, bins, home } = state.problem;
  const first = new Int32Array(items);
  const count = new Int32Array(items);
  if (items * bins > mostPairs) return { bins: Int32Array.from({ length: bins }, (_, b) => b), first, count: count.fill(bins) };
  const found = new Int32Array(items * bins);
  let end = 0;
  for (let item = 0; item < items; item++) {
    first[item] = end;
    for (let bin = 0; bin < bins; bin++) {
      if (bin === home[item] || canCome(state, item, bin)) found[end++] = bin;
    }
    count[item] = end - (first[item] as number);
  }
  return { bins: found.slice(0, end), first, count };
}

function canCome({ problem, dimensions, transients, size, room }: VectorState, item: number, bin: number): boolean {
  const { resources, requirement, capacity } = problem;
  for (let r = 0; r < resources; r++) {
    if ((requirement[item * resources + r] as number) > (capacity[bin * resources + r] as number)) return false;
  }
  for (let d = 0; d < transients; d++) {
    const need = size[item * dimensions + d] as number;
    if (need > 0 && need > (room[bin * dimensions + d] as number)) return false;
  }
  return true;
}
