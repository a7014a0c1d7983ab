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
  /** By bin and capacity dimension: what may still come; below 0 when it is overfull. */
  readonly room: Float64Array;
  /** By capacity dimension: what an overfull unit weighs; that of an item of average size is 1. */
  readonly strain: Float64Array;
  readonly costDimensions: number;
  /** By item and cost dimension. */
  readonly price: Float64Array;
  /** By bin and cost dimension. */
  readonly level: Float64Array;
  readonly binCost: Float64Array;
  readonly binOf: Int32Array;
  /** By group: items away from home. */
  readonly away: Int32Array;
  /** By number: how many groups have so many items away. */
  readonly groupsWith: Int32Array;
  /** Price of a unit of strain; Infinity: no bin may become overfull. */
  pressure: number;
  /** Rooms below 0. */
  overfull: number;
  mostAway: number;
  moves: number;
  data: number;
  cost: number;
  /** What the rules last said. */
  readonly ruleChange: Float64Array;
  /** Item whose leaving was priced last, with the price; -1: none. */
  leaver: number;
  leaverGain: number;
}

export function createVectorState(problem: SearchProblem): VectorState {
  const { items, bins, resources, transient } = problem;
  const dims = capacityDimensions(problem);
  const costs = costDimensions(problem).sort((a, b) => spread(b, items) - spread(a, items));
  const size = new Float64Array(items * dims.length);
  const room = new Float64Array(bins * dims.length);
  for (const [d, r] of dims.entries()) {
    for (let i = 0; i < items; i++) size[i * dims.length + d] = problem.requirement[i * resources + r] as number;
    for (let b = 0; b < bins; b++) room[b * dims.length + d] = problem.capacity[b * resources + r] as number;
  }
  const price = new Float64Array(items * costs.length);
  const level = new Float64Array(bins * costs.length);
  for (const [c, cost] of costs.entries()) {
    for (let i = 0; i < items; i++) price[i * costs.length + c] = cost.ofItem(i);
    for (let b = 0; b < bins; b++) level[b * costs.length + c] = cost.ofEmptyBin(b);
  }
  const state: VectorState = {
    problem,
    dimensions: dims.length,
    transients: dims.filter((r) => transient[r] === 1).length,
    size,
    room,
    strain: averages(size, dims.length).map((average) => 1 / average),
    costDimensions: costs.length,
    price,
    level,
    binCost: new Float64Array(bins),
    binOf: Int32Array.from(problem.home),
    away: new Int32Array(problem.groups),
    groupsWith: new Int32Array(items + 2),
    pressure: Number.POSITIVE_INFINITY,
    overfull: 0,
    mostAway: 0,
    moves: 0,
    data: 0,
    cost: problem.rules.soft,
    ruleChange: new Float64Array(2),
    leaver: -1,
    leaverGain: 0,
  };
  state.groupsWith[0] = problem.groups;
  fillBins(state);
  return state;
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

function averages(rows: Float64Array, width: number): Float64Array {
  const sums = new Float64Array(width);
  for (let i = 0; i < rows.length; i++) sums[i % width] = (sums[i % width] as number) + (rows[i] as number);
  return sums.map((sum) => (sum * width) / rows.length);
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

/** Puts every item into its bin, with all sums from scratch. */
function fillBins(state: VectorState): void {
  const { problem, dimensions, size, room, costDimensions, price, level, binOf } = state;
  for (let i = 0; i < problem.items; i++) {
    const bin = binOf[i] as number;
    for (let d = 0; d < dimensions; d++) {
      room[bin * dimensions + d] = (room[bin * dimensions + d] as number) - (size[i * dimensions + d] as number);
    }
    for (let c = 0; c < costDimensions; c++) {
      level[bin * costDimensions + c] = (level[bin * costDimensions + c] as number) + (price[i * costDimensions + c] as number);
    }
    state.cost += moveCost(state, i, bin);
  }
  state.overfull = room.filter((left) => left < 0).length;
  for (let b = 0; b < problem.bins; b++) {
    state.binCost[b] = levelsAbove(state, b);
    state.cost += state.binCost[b] as number;
  }
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
