import type { RuleBook } from '../location/rule-book.ts';

/**
 * Items with requirements to be spread over bins with capacities, at the least cost. Tables lie row by row, the resources
 * of an item or a bin together. Costs carry their weights already; numbers may be whole or not, and are never negative.
 */
export interface SearchProblem {
  readonly items: number;
  readonly bins: number;
  readonly resources: number;
  /** By item and resource. */
  readonly requirement: Float64Array;
  /** By bin and resource: what must not be exceeded. */
  readonly capacity: Float64Array;
  /** By bin and resource: load above it costs. */
  readonly safety: Float64Array;
  /** Cost of a unit above the safety capacity, by resource. */
  readonly loadWeight: Float64Array;
  /** By resource, 1: an item that moves needs it on both bins until all have moved. */
  readonly transient: Uint8Array;
  readonly balances: readonly BalanceCost[];
  /** Where each item is before anything moves; moves are counted from there. */
  readonly home: Int32Array;
  /** Cost of an item that is not at home. */
  readonly itemMoveCost: Float64Array;
  /** From bin (row) to bin; undefined: all the same. */
  readonly pairMoveCost?: Uint8Array | Uint16Array | Float64Array | undefined;
  readonly pairMoveWeight: number;
  /** Service of each item; `groupMoveWeight` is paid for each item away from home of the service that has most of them. */
  readonly group: Int32Array;
  readonly groups: number;
  readonly groupMoveWeight: number;
  /** Items as instances and bins as nodes; everything is at home. The model keeps it up to date and is its only user. */
  readonly rules: RuleBook;
}

/** `weight` for each unit that is free of `first`, times `target`, beyond what is free of `second`. */
export interface BalanceCost {
  readonly first: number;
  readonly second: number;
  readonly target: number;
  readonly weight: number;
}
