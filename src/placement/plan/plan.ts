import type { MoveKind } from '../balance/move.ts';

/**
 * What to do to a cluster, in order, with what it brings and costs. Immutable; printed by a dry run and carried out by
 * jobs. Positions are those of the cluster data it was made for.
 */
export interface Plan {
  readonly moves: readonly PlannedMove[];
  /** Moves that can run side by side, set behind set; positions in `moves`. */
  readonly sets: readonly (readonly number[])[];
  /** Score with what broken rules cost, before and after. */
  readonly before: number;
  readonly after: number;
  /** MiB of disk that are copied. */
  readonly data: number;
  /** Estimate, with sets one after the other. */
  readonly seconds: number;
  /** Instances that were to move but for which no order of moves was found, by position. */
  readonly leftOut: readonly number[];
}

export interface PlannedMove {
  readonly instance: number;
  readonly kind: MoveKind;
  /** The node that is new to the instance; -1 for a fail-over. */
  readonly target: number;
  readonly from: PlacedOn;
  readonly to: PlacedOn;
  /** Score after it. */
  readonly score: number;
  /** MiB of disk that are copied, from the primary node to the target. */
  readonly data: number;
  /** MiB of memory that are sent when it runs. */
  readonly memory: number;
  /** Components of the score by what they change, largest first. */
  readonly improves: readonly { readonly name: string; readonly by: number }[];
}

/** Positions of the primary and the secondary node, or -1. */
export interface PlacedOn {
  readonly primary: number;
  readonly secondary: number;
}
