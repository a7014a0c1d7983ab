import type { Random } from '../../base/index.ts';
import { type Phase, phases } from './phases.ts';
import { createRebuild } from './rebuild.ts';
import type { SearchModel } from './search-model.ts';

export interface SearchOptions {
  readonly random: Random;
  /** How much of the search is over, 0 to 1; asked after every batch of steps. */
  readonly progress: () => number;
  /** The same searches elsewhere: given the best found here, answers with the best found anywhere. */
  readonly exchange?: ((best: FoundState) => FoundState) | undefined;
}

export interface FoundState {
  readonly places: Int32Array;
  readonly cost: number;
}

/** Steps between two looks at the progress. */
export const batchSteps = 64;

/**
 * Improves the state of a model until the progress is 1 and answers with the best state found, never worse than the first.
 * Anytime: the longer it may take, the slower it cools. The same random numbers and the same progress give the same
 * result. The model is left in the best state.
 */
export function search(model: SearchModel, { random, progress, exchange }: SearchOptions): FoundState {
  const rebuild = createRebuild(model, random);
  const best = { places: Int32Array.from(model.placeOf), cost: model.cost };
  const note = ({ places, cost }: FoundState) => {
    best.places.set(places);
    best.cost = cost;
  };
  const runPhase = ({ until, hot, cold }: Phase, begin: number): void => {
    for (let now = progress(); now < until; now = progress()) {
      const done = (now - begin) / (until - begin);
      const temperature = hot === 0 ? 0 : model.unit * hot * (cold / hot) ** done;
      for (let step = 0; step < batchSteps; step++) {
        if (rebuild(temperature) && model.cost < best.cost) note({ places: model.placeOf, cost: model.cost });
      }
    }
  };
  let begin = 0;
  for (const phase of phases) {
    runPhase(phase, begin);
    begin = phase.until;
    const found = exchange?.(best);
    if (found && found.cost < best.cost) note(found);
    model.reset(best.places);
    best.cost = model.cost;
  }
  return best;
}
