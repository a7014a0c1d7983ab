import type { Random } from '../../base/index.ts';
import type { SearchModel } from './search-model.ts';

/** How one run of annealing goes: from `hot` down to `cold`, both in units of cost. */
export interface AnnealOptions {
  readonly hot: number;
  readonly cold: number;
  readonly random: Random;
  /** How much of the run is over, 0 to 1; asked after every batch of steps. */
  readonly progress: () => number;
  /** Told after every batch. */
  readonly afterBatch: () => void;
}

/** Steps between two looks at the progress. */
export const batchSteps = 2048;

/**
 * Simulated annealing with shifts and swaps. A worsening change is taken with the probability exp(-worse / temperature);
 * the draw comes before the weighing, so that weighing can stop as soon as the bound is passed.
 */
export function anneal(
  model: SearchModel,
  { hot, cold, random, progress, afterBatch, pressure, change }: AnnealOptions & { pressure: number; change: number },
): void {
  let P = pressure;
  for (let done = progress(); done < 1; done = progress()) {
    if (P < Infinity) {
      model.press(hot * (cold / hot) ** done * P * (change / P) ** done);
    }
    batch(model, hot * (cold / hot) ** done, random);
    afterBatch();
  }
  model.press(Infinity);
}

function batch(model: SearchModel, temperature: number, random: Random): void {
  const { items, bins } = model;
  for (let step = 0; step < batchSteps; step++) {
    const most = -Math.log(1 - random()) * temperature;
    const item = Math.floor(random() * items);
    if (random() < 0.5) {
      const other = Math.floor(random() * items);
      const delta = model.weighSwap(item, other, most);
      if (delta <= most) model.swap(item, other);
    } else {
      const bin = Math.floor(random() * bins);
      const delta = model.weighShift(item, bin, most);
      if (delta <= most) model.shift(item, bin);
    }
  }
}
