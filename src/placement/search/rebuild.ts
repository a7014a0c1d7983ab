import type { Random } from '../../base/index.ts';
import { nowhere, type SearchModel } from './search-model.ts';

/** Most items that are taken off together. */
const mostVictims = 64;

/** The step of the search. @returns whether anything may have changed */
export type Rebuild = (temperature: number) => boolean;

/**
 * Ruin and recreate: takes a few items off, puts each back where it is cheapest, and keeps the outcome if it is not dearer
 * than before; a dearer one with the probability exp(-dearer / temperature). Half of the time one of them may not go back
 * where it was, or most steps would end where they began.
 */
export function createRebuild(model: SearchModel, random: Random): Rebuild {
  const { placeOf, weightOf } = model;
  const victims = new Int32Array(mostVictims);
  const order = new Int32Array(mostVictims);
  const keys = new Float64Array(mostVictims);
  const before = new Int32Array(model.items);

  const undo = (count: number, placed: number): void => {
    for (let k = 0; k < placed; k++) model.take(order[k] as number);
    for (let k = 0; k < count; k++) model.put(victims[k] as number, before[victims[k] as number] as number);
  };

  return (temperature) => {
    const count = model.choose(victims, random);
    if (count === 0) return false;
    const cost = model.cost;
    for (let k = 0; k < count; k++) {
      const item = victims[k] as number;
      before[item] = placeOf[item] as number;
      model.take(item);
    }
    sortForReturn(victims, order, keys, count, weightOf, random);
    const evicted = random() < 0.5 ? order[Math.floor(random() * count)] : undefined;
    for (let k = 0; k < count; k++) {
      const item = order[k] as number;
      const place = model.bestPlace(item, before[item] as number, item !== evicted, random);
      if (place === nowhere) {
        undo(count, k);
        return false;
      }
      model.put(item, place);
    }
    if (model.cost <= cost - Math.log(1 - random()) * temperature) return true;
    undo(count, count);
    return false;
  };
}

/** Heavy items first, exactly or about, or any order. */
function sortForReturn(
  victims: Int32Array,
  order: Int32Array,
  keys: Float64Array,
  count: number,
  weightOf: Float64Array,
  random: Random,
): void {
  const kind = random();
  for (let k = 0; k < count; k++) {
    const item = victims[k] as number;
    const weight = weightOf[item] as number;
    const key = kind < 0.5 ? weight * (0.7 + 0.6 * random()) : kind < 0.75 ? random() : weight;
    let at = k;
    for (; at > 0 && (keys[at - 1] as number) < key; at--) {
      keys[at] = keys[at - 1] as number;
      order[at] = order[at - 1] as number;
    }
    keys[at] = key;
    order[at] = item;
  }
}
