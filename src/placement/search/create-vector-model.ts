import { bestBin } from './best-bin.ts';
import { chooseItems } from './choose-items.ts';
import { moveItem } from './move-item.ts';
import { reachableBins } from './reachable-bins.ts';
import { nowhere, type SearchModel } from './search-model.ts';
import type { SearchProblem } from './search-problem.ts';
import { costFromScratch, createVectorState } from './vector-state.ts';

/** The model of a problem of vectors: requirements, capacities and linear costs. Places are bins; all items are at home. */
export function createVectorModel(problem: SearchProblem): SearchModel {
  const state = createVectorState(problem);
  const reachable = reachableBins(state);
  return {
    items: problem.items,
    placeOf: state.binOf,
    weightOf: weights(problem),
    unit: state.price.reduce((sum, price) => sum + Math.abs(price), 0) / Math.max(1, problem.items),
    get cost() {
      return problem.rules.hard > 0 ? Number.POSITIVE_INFINITY : state.cost;
    },
    choose: (victims, random) => chooseItems(state, reachable, victims, random),
    take: (item) => moveItem(state, item, nowhere),
    put: (item, bin) => moveItem(state, item, bin),
    bestPlace: (item, was, stay, random) => bestBin(state, reachable, item, was, stay, random),
    reset(places) {
      for (let i = 0; i < places.length; i++) {
        if (state.binOf[i] !== places[i]) moveItem(state, i, places[i] as number);
      }
      state.cost = costFromScratch(state);
    },
  };
}

/** How large an item is against the average one, summed over its resources. */
function weights({ items, resources, requirement }: SearchProblem): Float64Array {
  const total = new Float64Array(resources);
  for (let at = 0; at < requirement.length; at++) total[at % resources] = (total[at % resources] as number) + (requirement[at] as number);
  const weight = new Float64Array(items);
  for (let at = 0; at < requirement.length; at++) {
    const sum = total[at % resources] as number;
    if (sum > 0)
      weight[Math.floor(at / resources)] = (weight[Math.floor(at / resources)] as number) + ((requirement[at] as number) * items) / sum;
  }
  return weight;
}
