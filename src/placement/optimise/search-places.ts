import { batchSteps, search } from '../search/search.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { createClusterModel, type Places, placesFrom } from './create-cluster-model.ts';
import type { MoveBudget } from './move-budget.ts';
import type { OptimiseOptions } from './optimise-options.ts';

const defaultSteps = 10_000;

/**
 * Searches from where the state is, and leaves it where the best was found.
 * @param until the part of the time at which to end, as things stand
 * @returns the best places found
 */
export function searchPlaces(state: ClusterState, budget: MoveBudget, options: OptimiseOptions, until: () => number): Places {
  const { random, progress, steps = progress ? Number.POSITIVE_INFINITY : defaultSteps } = options;
  const movable = mobile(state);
  if (movable.length === 0) return placesFrom(state, movable, movable);
  let done = -batchSteps;
  const { places } = search(createClusterModel(state, movable, budget, options), {
    random,
    progress() {
      done += batchSteps;
      const time = progress ? progress() / Math.max(until(), 1e-9) : 0;
      return Math.max(time, done / steps);
    },
  });
  return placesFrom(state, movable, places);
}

/** Instances in scope that may move. */
function mobile({ instances, scope, instanceCount, nodeCount }: ClusterState): Int32Array {
  const inScope = new Uint8Array(nodeCount);
  for (const n of scope) inScope[n] = 1;
  const isMobile = (i: number) =>
    instances.movable[i] === 1 && instances.forthcoming[i] === 0 && inScope[instances.primary[i] as number] === 1;
  return Int32Array.from({ length: instanceCount }, (_, i) => i).filter(isMobile);
}
