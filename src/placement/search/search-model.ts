/**
 * What the anytime search needs to know of the thing it improves. Items (instances, or the primary and the secondary half
 * of one) lie in bins (nodes). The model owns its tables and the hot loops over them; the search only asks for the price
 * of a change and carries out the ones it likes. Every state it can be led to keeps all hard rules and capacities, also
 * while all items move at once from where they were first.
 */
export interface SearchModel {
  readonly items: number;
  readonly bins: number;
  /** Bin of each item. The search reads it, only the model writes it. */
  readonly binOf: Int32Array;
  /** What the search makes small; kept by increments. */
  readonly cost: number;
  /** What the cost would change by, if the item went to the bin; `Infinity` if it must not, or if it were more than `most`. */
  weighShift(item: number, bin: number, most: number): number;
  /** The same for two items in different bins that change places. */
  weighSwap(a: number, b: number, most: number): number;
  /** Carries out a change that was weighed; `delta` is what weighing said. */
  shift(item: number, bin: number, delta: number): void;
  swap(a: number, b: number, delta: number): void;
  /** Puts all items where `bins` says, computing everything from scratch. Must be a state that the model itself was in before. */
  reset(bins: Int32Array): void;
}
