import type { SearchModel } from './search-model.ts';
import type { SearchProblem } from './search-problem.ts';
import { applySwap, moveItem, weighShift, weighSwap } from './vector-moves.ts';
import { createVectorState, levelsAbove, moveCost, type VectorState } from './vector-state.ts';

/** The model of a problem of vectors: requirements, capacities and linear costs. All items are at home. */
export function createVectorModel(problem: SearchProblem): SearchModel {
  const state = createVectorState(problem);
  return {
    items: problem.items,
    bins: problem.bins,
    itemPrice: state.price.reduce((sum, price) => sum + Math.abs(price), 0) / Math.max(1, problem.items),
    binOf: state.binOf,
    get cost() {
      return state.cost;
    },
    weighShift: (item, bin, most) => weighShift(state, item, bin, most),
    weighSwap: (a, b, most) => weighSwap(state, a, b, most),
    get valid() {
      return state.overfull === 0;
    },
    press(pressure) {
      state.pressure = pressure;
      state.leaver = -1;
    },
    shift: (item, bin) => moveItem(state, item, bin),
    swap: (a, b) => applySwap(state, a, b),
    reset(bins) {
      for (let i = 0; i < bins.length; i++) moveItem(state, i, bins[i] as number);
      state.cost = costFromScratch(state);
    },
  };
}

/** The cost of the tables as they are, free of what increments may have rounded. */
function costFromScratch(state: VectorState): number {
  const { problem, binOf } = state;
  let cost = problem.groupMoveWeight * state.mostAway + problem.rules.soft;
  for (let b = 0; b < problem.bins; b++) cost += levelsAbove(state, b);
  for (let i = 0; i < problem.items; i++) cost += moveCost(state, i, binOf[i] as number);
  return cost;
}
