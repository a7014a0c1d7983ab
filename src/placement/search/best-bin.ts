import type { Random } from '../../base/index.ts';
import type { ReachableBins } from './reachable-bins.ts';
import { nowhere } from './search-model.ts';
import { moveCost, type VectorState } from './vector-state.ts';

/** Most bins that are looked at for one item. Where there are more, each time a different part of them. */
const mostBins = 256;

/** Some bins are passed over unseen, so that the same ruins are not always built up in the same way. */
const blindness = 0.02;

/** See `SearchModel.bestPlace`. What the group of the item pays for its moves, and weighted rules, are left out. */
export function bestBin(state: VectorState, reachable: ReachableBins, item: number, was: number, stay: boolean, random: Random): number {
  const { rules } = state.problem;
  const { bins, first, count } = reachable;
  const begin = first[item] as number;
  const all = count[item] as number;
  const looks = all < mostBins ? all : mostBins;
  let best = nowhere;
  let least = Number.POSITIVE_INFINITY;
  // Where it was is often best, and then most others are seen to be dearer at once.
  if (stay && hasRoom(state, item, was) && random() >= blindness && rules.admits(item, was)) {
    best = was;
    least = costOfEntering(state, item, was, least);
  }
  let at = all > mostBins ? Math.floor(random() * all) : 0;
  for (let look = 0; look < looks; look++, at++) {
    if (at === all) at = 0;
    const bin = bins[begin + at] as number;
    if (bin === was || !hasRoom(state, item, bin)) continue;
    const cost = costOfEntering(state, item, bin, least);
    if (cost >= least || random() < blindness || !rules.admits(item, bin)) continue;
    best = bin;
    least = cost;
  }
  return best;
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
