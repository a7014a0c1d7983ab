import { ruleCost } from '../location/rule-cost.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { createPairSearch } from './best-pair.ts';
import { createLiveScore, readScore } from './live-score.ts';
import { isExceeded, type MoveBudget } from './move-budget.ts';
import type { OptimiseOptions } from './optimise-options.ts';
import { createRuin } from './ruin.ts';

/** Where each instance is. */
export interface Places {
  readonly primary: Int32Array;
  readonly secondary: Int32Array;
}

/** Worse states are accepted at first, by so much of the score an instance. */
const heatPerInstance = 0.1;

/**
 * Searches from where the state is; the state ends anywhere.
 * @param until the part of the time at which to end, as things stand
 * @returns the best places found
 */
export function searchPlaces(state: ClusterState, budget: MoveBudget, options: OptimiseOptions, until: () => number): Places {
  const { rules, random, ignoreSoftErrors: force = false } = options;
  const { instances } = state;
  const progress = options.progress ?? (() => 0);
  const steps = options.steps ?? (options.progress ? Number.POSITIVE_INFINITY : 10_000);
  const best: Places = { primary: instances.primary.slice(), secondary: instances.secondary.slice() };
  const movable = mobile(state);
  if (movable.length === 0) return best;
  const live = createLiveScore(state, movable);
  const pairs = createPairSearch({ state, live, rules, force, moveCost: options.moveCost ?? 1e-4, origin: budget });
  const cost = () =>
    isExceeded(budget) ? Number.POSITIVE_INFINITY : readScore(state, live) + ruleCost(rules) + pairs.moveCost * budget.moves;
  const step = createRuin(pairs, movable, budget, random);
  let current = cost();
  let least = current;
  const heat = (heatPerInstance * current) / movable.length;
  for (let count = 0, done = 0; count < steps && done < 1; count++) {
    if (count % 64 === 0) done = Math.max(progress() / Math.max(until(), 1e-9), Number.isFinite(steps) ? count / steps : 0);
    const undo = step(count);
    if (!undo) continue;
    const next = cost();
    if (next > current + heat * (1 - done) ** 2 * random()) {
      undo();
      continue;
    }
    current = next;
    if (current < least - 1e-9) {
      least = current;
      best.primary.set(instances.primary);
      best.secondary.set(instances.secondary);
    }
  }
  return best;
}

/** Instances in scope that may move. */
function mobile({ instances, scope, instanceCount, nodeCount }: ClusterState): Int32Array {
  const inScope = new Uint8Array(nodeCount);
  for (const n of scope) inScope[n] = 1;
  const isMobile = (i: number) =>
    instances.movable[i] === 1 && instances.forthcoming[i] === 0 && inScope[instances.primary[i] as number] === 1;
  return Int32Array.from({ length: instanceCount }, (_, i) => i).filter(isMobile);
}
