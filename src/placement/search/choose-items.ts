import type { Random } from '../../base/index.ts';
import type { ReachableBins } from './reachable-bins.ts';
import type { VectorState } from './vector-state.ts';

/** Bins that items are taken from at one time, at most; how many items on average; how many bins compete to be the first. */
const mostBins = 4;
const averageItems = 6;
const rivals = 3;

/** See `SearchModel.choose`: items of a few bins, the first of which is one of those that cost more than they would have to. */
export function chooseItems(state: VectorState, { count: choices }: ReachableBins, victims: Int32Array, random: Random): number {
  const { bins } = state.problem;
  const from = 1 + Math.floor(random() * mostBins);
  const wanted = Math.ceil(-Math.log(1 - random()) * averageItems);
  const each = Math.max(1, Math.ceil(wanted / from));
  let count = 0;
  for (let k = 0; k < from; k++) {
    const inside = state.members[k === 0 ? dearBin(state, random) : Math.floor(random() * bins)] as number[];
    for (let n = Math.min(each, inside.length); n > 0 && count < victims.length; n--) {
      const item = inside[Math.floor(random() * inside.length)] as number;
      if ((choices[item] as number) > 1 && !includes(victims, count, item)) victims[count++] = item;
    }
  }
  return count;
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
