import type { Random } from '../../base/index.ts';
import type { ReachableBins } from './reachable-bins.ts';
import type { VectorState } from './vector-state.ts';

/** Bins that items are taken from at one time, at most, and how many bins compete to be the first. */
const mostBins = 4;
const rivals = 3;

/**
 * See `SearchModel.choose`: items of a few bins. The first one is a bin that costs more than necessary; the others could accept
 * the items taken from it, so that large items find space where small ones were removed.
 */
export function chooseItems(state: VectorState, reachable: ReachableBins, victims: Int32Array, random: Random): number {
  const { count: choices } = reachable;
  const from = 1 + Math.floor(random() * mostBins);
  const each = Math.ceil((-Math.log(1 - random()) * averageItems(random)) / from);
  let count = 0;
  for (let k = 0; k < from; k++) {
    const bin = count === 0 ? dearBin(state, random) : binFor(victims[Math.floor(random() * count)] as number, reachable, random);
    const inside = state.members[bin] as number[];
    for (let n = Math.min(each, inside.length); n > 0 && count < victims.length; n--) {
      const item = inside[Math.floor(random() * inside.length)] as number;
      if ((choices[item] as number) > 1 && !includes(victims, count, item)) victims[count++] = item;
    }
  }
  return count;
}

/** Few are put back soon, many open ways that few do not; which of it helps differs from problem to problem. */
function averageItems(random: Random): number {
  const kind = random();
  if (kind < 0.5) return 2;
  return kind < 0.75 ? 6 : 14;
}

function binFor(item: number, { bins, first, count }: ReachableBins, random: Random): number {
  return bins[(first[item] as number) + Math.floor(random() * (count[item] as number))] as number;
}

function includes(victims: Int32Array, count: number, item: number): boolean {
  for (let k = 0; k < count; k++) if (victims[k] === item) return true;
  return false;
}

function dearBin(state: VectorState, random: Random): number {
  const { bins } = state.problem;
  let best = Math.floor(random() * bins);
  let most = avoidable(state, best);
  for (let rival = 1; rival < rivals; rival++) {
    const bin = Math.floor(random() * bins);
    const cost = avoidable(state, bin);
    if (cost <= most) continue;
    best = bin;
    most = cost;
  }
  return best;
}

/**
 * What a bin adds to the cost beyond the least there could be. Where items are scarce of room everywhere it is what the bin
 * leaves unused below its free share; elsewhere what it uses above it.
 */
function avoidable({ costDimensions, level, scarce }: VectorState, bin: number): number {
  let cost = 0;
  for (let c = 0, row = bin * costDimensions; c < costDimensions; c++) {
    const above = level[row + c] as number;
    cost += Math.max(0, scarce[c] === 1 ? -above : above);
  }
  return cost;
}
