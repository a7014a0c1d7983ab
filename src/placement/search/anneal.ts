import type { Random } from '../../base/index.ts';
import type { SearchModel } from './search-model.ts';

/** Steps between two looks at the clock. */
export const batchSteps = 2048;

/**
 * A batch of simulated annealing with shifts and swaps. A worsening change is taken with the probability
 * exp(-worse / temperature); the draw comes before the weighing, so that weighing can stop as soon as the bound is passed.
 */
export function annealBatch(model: SearchModel, temperature: number, random: Random): void {
  const { items, bins } = model;
  for (let step = 0; step < batchSteps; step++) {
    const most = temperature === 0 ? 0 : -Math.log(1 - random()) * temperature;
    const item = Math.floor(random() * items);
    if (random() < 0.5) {
      const other = Math.floor(random() * items);
      if (model.weighSwap(item, other, most) <= most) model.swap(item, other);
    } else {
      const bin = Math.floor(random() * bins);
      if (model.weighShift(item, bin, most) <= most) model.shift(item, bin);
    }
  }
}
