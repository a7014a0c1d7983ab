import type { Random } from '../../base/index.ts';
import { annealBatch, batchSteps } from './anneal.ts';
import { type Phase, phasesOf, type SearchStyle } from './phases.ts';
import type { SearchModel } from './search-model.ts';

export interface SearchOptions {
  readonly random: Random;
  readonly style: SearchStyle;
  /** How much of the search is over, 0 to 1; asked after every batch of steps. */
  readonly progress: () => number;
  /** The same searches elsewhere: given the best found here, answers with the best found anywhere. */
  readonly exchange?: ((best: FoundState) => FoundState) | undefined;
}

export interface FoundState {
  readonly bins: Int32Array;
  readonly cost: number;
}

/**
 * Improves the state of a model until the progress is 1 and answers with the best state in which every capacity holds.
 * Anytime: the longer it may take, the hotter it begins and the slower it cools. The same random numbers and the same
 * progress give the same result. The model is left in the best state.
 */
export function search(model: SearchModel, { random, style, progress, exchange }: SearchOptions): FoundState {
  const best = { bins: Int32Array.from(model.binOf), cost: model.cost };
  let batches = 0;
  const afterBatch = () => {
    batches++;
    if (!model.valid || model.cost >= best.cost) return;
    best.bins.set(model.binOf);
    best.cost = model.cost;
  };
  let begin = 0;
  for (const phase of phasesOf(style)) {
    const steps = begin === 0 ? Number.POSITIVE_INFINITY : (batches * batchSteps) / begin / model.items;
    runPhase(model, phase, { unit: model.itemPrice * Math.min(1, steps / patience), begin, random, progress, afterBatch });
    begin = phase.until;
    const found = exchange?.(best);
    if (found && found.cost < best.cost) {
      best.bins.set(found.bins);
      best.cost = found.cost;
    }
    model.reset(best.bins);
    best.cost = model.cost;
  }
  return best;
}

/** Steps for each item that a search from hot to cold takes; one that has fewer does not begin as hot. */
const patience = 20_000;

interface PhaseRun {
  /** Of the phase's temperatures. */
  readonly unit: number;
  readonly begin: number;
  readonly random: Random;
  readonly progress: () => number;
  readonly afterBatch: () => void;
}

function runPhase(model: SearchModel, { until, hot, cold, pressure }: Phase, run: PhaseRun): void {
  const { unit, begin, random, progress, afterBatch } = run;
  let push = 1;
  for (let now = progress(); now < until; now = progress()) {
    const done = (now - begin) / (until - begin);
    const temperature = hot === 0 ? 0 : unit * hot * (cold / hot) ** done;
    if (pressure) {
      const [first, last] = pressure;
      // In the end everything has to fit, whatever it takes.
      if (done > 0.9 && !model.valid) push *= 1.1;
      model.press(temperature * first * (last / first) ** done * push);
    }
    annealBatch(model, temperature, random);
    afterBatch();
  }
  model.press(Number.POSITIVE_INFINITY);
}
