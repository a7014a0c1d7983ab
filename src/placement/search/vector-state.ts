import type { SearchProblem } from './search-problem.ts';

/**
 * A search problem with the items where they are now, as flat tables. Load costs and balance costs are the same thing
 * here: each is a dimension in which an item has a size and a bin a level, both in units of cost, and a bin costs the sum
 * of its levels above 0. Capacities are dimensions of their own, of which the first `transients` are not given back by
 * an item that leaves its home.
 */
export interface VectorState {
  readonly problem: SearchProblem;
  readonly dimensions: number;
  readonly transients: number;
  /** By item and capacity dimension. */
  readonly size: Float64Array;
  /** By bin and capacity dimension: what may still come. */
  readonly room: Float64Array;
  readonly costDimensions: number;
  /** By item and cost dimension. */
  readonly price: Float64Array;
  /** By bin and cost dimension. */
  readonly level: Float64Array;
  /** By cost dimension, 1: even if spread perfectly, the items are too much for all bins together. */
  readonly scarce: Uint8Array;
  readonly binCost: Float64Array;
  /** Bin of each item; `nowhere` while it is off. */
  readonly binOf: Int32Array;
  /** Items of each bin, in any order, and the position of each item there. */
  readonly members: number[][];
  readonly position: Int32Array;
  /** By group: items away from home. */
  readonly away: Int32Array;
  /** By number: how many groups have so many items away. */
  readonly groupsWith: Int32Array;
  /** Bins that items were taken from last, in a ring; `vacancies` counts them. */
  readonly vacated: Int32Array;
  vacancies: number;
  mostAway: number;
  cost: number;
}

/** All items are at home. */
export function createVectorState(problem: SearchProblem): VectorState {
  const { items, bins, groups, home, resources, requirement, capacity, transient } = problem;
  const resourceOf = capacityDimensions(problem);
  const dimensions = resourceOf.length;
  const costs = costDimensions(problem).sort((a, b) => spread(b, items) - spread(a, items));
  const size = table(items, dimensions, (i, d) => requirement[i * resources + (resourceOf[d] as number)] as number);
  const price = table(items, costs.length, (i, c) => (costs[c] as CostDimension).ofItem(i));
  const state: VectorState = {
    problem,
    dimensions,
    transients: resourceOf.filter((r) => transient[r] === 1).length,
    size,
    room: table(bins, dimensions, (b, d) => capacity[b * resources + (resourceOf[d] as number)] as number),
    costDimensions: costs.length,
    price,
    level: table(bins, costs.length, (b, c) => (costs[c] as CostDimension).ofEmptyBin(b)),
    scarce: new Uint8Array(costs.length),
    binCost: new Float64Array(bins),
    binOf: Int32Array.from(home),
    members: Array.from({ length: bins }, () => []),
    position: new Int32Array(items),
    away: new Int32Array(groups),
    groupsWith: new Int32Array(items + 2),
    vacated: new Int32Array(8),
    vacancies: 0,
    mostAway: 0,
    cost: 0,
  };
  state.groupsWith[0] = groups;
  for (let i = 0; i < items; i++) fill(state, i);
  for (let b = 0; b < bins; b++) state.binCost[b] = levelsAbove(state, b);
  for (let c = 0; c < costs.length; c++) state.scarce[c] = totalLevel(state, c) > 0 ? 1 : 0;
  state.cost = costFromScratch(state);
  return state;
}

function table(rows: number, width: number, value: (row: number, column: number) => number): Float64Array {
  return Float64Array.from({ length: rows * width }, (_, at) => value(Math.floor(at / width), at % width));
}

/** Puts an item into its bin, in the tables of items and sums. */
function fill({ dimensions, size, room, costDimensions, price, level, binOf, members, position }: VectorState, item: number): void {
  const bin = binOf[item] as number;
  for (let d = 0; d < dimensions; d++) {
    room[bin * dimensions + d] = (room[bin * dimensions + d] as number) - (size[item * dimensions + d] as number);
  }
  for (let c = 0; c < costDimensions; c++) {
    level[bin * costDimensions + c] = (level[bin * costDimensions + c] as number) + (price[item * costDimensions + c] as number);
  }
  const inside = members[bin] as number[];
  position[item] = inside.push(item) - 1;
}

function totalLevel({ problem, costDimensions, level }: VectorState, c: number): number {
  let sum = 0;
  for (let b = 0; b < problem.bins; b++) sum += level[b * costDimensions + c] as number;
  return sum;
}

/** The cost of the tables as they are, free of what increments may have rounded. All items are placed. */
export function costFromScratch(state: VectorState): number {
  const { problem, binOf } = state;
  let cost = problem.groupMoveWeight * state.mostAway + problem.rules.soft;
  for (let b = 0; b < problem.bins; b++) cost += levelsAbove(state, b);
  for (let i = 0; i < problem.items; i++) cost += moveCost(state, i, binOf[i] as number);
  return cost;
}

/** Resources that some bin could have too little of, transient ones first. */
function capacityDimensions({ items, bins, resources, requirement, capacity, transient }: SearchProblem): number[] {
  const total = new Float64Array(resources);
  for (let i = 0; i < items * resources; i++) total[i % resources] = (total[i % resources] as number) + (requirement[i] as number);
  const least = new Float64Array(resources).fill(Number.POSITIVE_INFINITY);
  for (let b = 0; b < bins * resources; b++) least[b % resources] = Math.min(least[b % resources] as number, capacity[b] as number);
  return [...total.keys()]
    .filter((r) => (total[r] as number) > (least[r] as number))
    .sort((a, b) => (transient[b] as number) - (transient[a] as number) || a - b);
}

/** How much items differ in a dimension. The one where they do most comes first, because it decides most often. */
function spread({ ofItem }: CostDimension, items: number): number {
  let sum = 0;
  for (let i = 0; i < items; i++) sum += Math.abs(ofItem(i));
  return sum;
}

interface CostDimension {
  ofItem(item: number): number;
  ofEmptyBin(bin: number): number;
}

function costDimensions(problem: SearchProblem): CostDimension[] {
  const { resources, requirement, capacity, safety, loadWeight, balances } = problem;
  const found: CostDimension[] = [];
  for (let r = 0; r < resources; r++) {
    const weight = loadWeight[r] as number;
    if (weight === 0) continue;
    found.push({
      ofItem: (i) => weight * (requirement[i * resources + r] as number),
      ofEmptyBin: (b) => -weight * (safety[b * resources + r] as number),
    });
  }
  for (const { first, second, target, weight } of balances) {
    if (weight === 0) continue;
    found.push({
      ofItem: (i) => weight * ((requirement[i * resources + second] as number) - target * (requirement[i * resources + first] as number)),
      ofEmptyBin: (b) => weight * (target * (capacity[b * resources + first] as number) - (capacity[b * resources + second] as number)),
    });
  }
  return found;
}

/** Cost of a bin as it is. */
export function levelsAbove({ costDimensions, level }: VectorState, bin: number): number {
  let cost = 0;
  for (let at = bin * costDimensions, end = at + costDimensions; at < end; at++) {
    const above = level[at] as number;
    if (above > 0) cost += above;
  }
  return cost;
}

/** What it costs that an item is in a bin and not at home, without what its group pays. */
export function moveCost({ problem }: VectorState, item: number, bin: number): number {
  const { home, itemMoveCost, pairMoveCost, pairMoveWeight, bins } = problem;
  const from = home[item] as number;
  const pair = pairMoveCost ? pairMoveWeight * (pairMoveCost[from * bins + bin] as number) : 0;
  return from === bin ? pair : pair + (itemMoveCost[item] as number);
}
