/**
 * What the anytime search needs to know of the thing it improves. Items (instances, or the primary and the secondary half
 * of one) lie in bins (nodes). The model owns its tables and the hot loops over them; the search only asks for the price
 * of a change and carries out the ones it likes. No state it can be led to breaks a hard rule. Capacities hold as well,
 * also while all items move at once from where they were first, as long as the pressure on them is infinite.
 */
export interface SearchModel {
  readonly items: number;
  readonly bins: number;
  /** What an item of average size costs in a bin that is overloaded already: the measure for costs. */
  readonly itemPrice: number;
  /** Bin of each item. The search reads it, only the model writes it. */
  readonly binOf: Int32Array;
  /** What the search makes small; kept by increments. Without what `press` adds. */
  readonly cost: number;
  /** Whether every capacity holds. */
  readonly valid: boolean;
  /**
   * How much weighing charges for overfull bins: so many units of cost for an item of average size that has no room.
   * Infinity, as in the beginning: what has no room does not go.
   */
  press(pressure: number): void;
  /** What the cost would change by, if the item went to the bin; `Infinity` if it must not, or if it were more than `most`. */
  weighShift(item: number, bin: number, most: number): number;
  /** The same for two items in different bins that change places. */
  weighSwap(a: number, b: number, most: number): number;
  /** Carries out a change that was weighed. */
  shift(item: number, bin: number): void;
  swap(a: number, b: number): void;
  /** Puts all items where `bins` says, a state that the model was in before, and adds the cost up anew. */
  reset(bins: Int32Array): void;
}
