import type { Random } from '../../base/index.ts';

/** The place of an item that has been taken off. */
export const nowhere = -1;

/**
 * What the anytime search needs to know of the thing it improves: items (instances, processes) have places (a node, a pair
 * of nodes). The model owns its tables and the hot loops over them; it never puts an item where it would break a hard rule
 * or a capacity. The search only says what is taken off and whether the outcome stays.
 */
export interface SearchModel {
  readonly items: number;
  /** Where each item is, as a number that only the model understands, or `nowhere`. The search reads it, only the model writes it. */
  readonly placeOf: Int32Array;
  /** By item: heavy ones are harder to place, so that they come first. */
  readonly weightOf: Float64Array;
  /** What the search makes small, with all items placed; `Infinity` if things must not stay so. */
  readonly cost: number;
  /** What a change that matters costs about: the measure for temperatures. */
  readonly unit: number;
  /** Writes a few different items to be taken off together into `victims`; their number. */
  choose(victims: Int32Array, random: Random): number;
  take(item: number): void;
  /** Puts an item that was taken off to a place where it has been, or that `bestPlace` named just now. */
  put(item: number, place: number): void;
  /** The cheapest place open to an item that was taken off, where it `was` only if it may `stay`; `nowhere`: there is none. */
  bestPlace(item: number, was: number, stay: boolean, random: Random): number;
  /** Puts all items where `places` says, a state that the model or another one of the same problem has been in, and adds the cost up anew. */
  reset(places: Int32Array): void;
}
