import type { Random } from '../../base/index.ts';
import type { ReachableBins } from './reachable-bins.ts';
import { nowhere } from './search-model.ts';
import { moveCost, type VectorState } from './vector-state.ts';

/** Most bins that are looked at for one item. Where there are more, those left last, and each time a different part of the rest. */
const mostBins = 256;

/** Some bins are skipped at random, so that the same items are not always put back in the same way. */
const blindness = 0.02;

/** See `SearchModel.bestPlace`. What the group of the item pays for its moves, and weighted rules, are left out. */
export function bestBin(state: VectorState, reachable: ReachableBins, item: number, was: number, stay: boolean, random: Random): number {
  const { bins, first, count } = reachable;
  const begin = first[item] as number;
  const all = count[item] as number;
  // The old bin is often the best, and then most others are quickly found to be more expensive.
  let least = stay ? costIfLess(state, item, was, Number.POSITIVE_INFINITY, random) : Number.POSITIVE_INFINITY;
  let best = least < Number.POSITIVE_INFINITY ? was : nowhere;
  const looks = all < mostBins ? all : mostBins;
  let at = 0;
  if (all > mostBins) {
    at = Math.floor(random() * all);
    for (const bin of state.vacated) {
      const cost = bin === was ? Number.POSITIVE_INFINITY : costIfLess(state, item, bin, least, random);
      if (cost >= least) continue;
      best = bin;
      least = cost;
    }
  }
  for (let look = 0; look < looks; look++, at++) {
    if (at === all) at = 0;
    const bin = bins[begin + at] as number;
    if (bin === was) continue;
    const cost = costIfLess(state, item, bin, least, random);
    if (cost >= least) continue;
    best = bin;
    least = cost;
  }
  return best;
}

/** What it costs that the item comes to the bin; Infinity, or any number from the limit on, if it must not or costs no less. */
function costIfLess(state: VectorState, item: number, bin: number, limit: number, random: Random): number {
  if (!hasRoom(state, item, bin)) return Number.POSITIVE_INFINITY;
  const cost = costOfEntering(state, item, bin, limit);
  if (cost >= limit || random() < blindness || !state.problem.rules.admits(item, bin)) return Number.POSITIVE_INFINITY;
  return cost;
}

function hasRoom({ problem, dimensions, transients, size, room }: VectorState, item: number, bin: number): boolean {
  for (let d = problem.home[item] === bin ? transients : 0, at = item * dimensions, row = bin * dimensions; d < dimensions; d++) {
    const need = size[at + d] as number;
    if (need > (room[row + d] as number) && need > 0) return false;
  }
  return true;
}

/** Infinity, or any number from the limit on, as soon as it passes the limit. Without weighted rules. */
function costOfEntering(state: VectorState, item: number, bin: number, limit: number): number {
  const { costDimensions, price, level, binCost } = state;
  let cost = moveCost(state, item, bin) - (binCost[bin] as number);
  for (let c = 0, at = item * costDimensions, row = bin * costDimensions; c < costDimensions && cost < limit; c++) {
    const above = (level[row + c] as number) + (price[at + c] as number);
    if (above > 0) cost += above;
  }
  return cost;
}
