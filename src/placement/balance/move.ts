/** The ways to move an instance, as Ganeti knows them; `target` is a node that the instance does not use yet. */
export const moveKind = {
  /** Primary and secondary change places. */
  failover: 0,
  /** Disks that every node reaches: the target becomes primary. */
  failoverToAny: 1,
  /** The target becomes secondary. */
  replaceSecondary: 2,
  /** The target becomes secondary in place of the present one, then primary; the primary becomes secondary. */
  replaceAndFailover: 3,
  /** The target becomes primary, by way of the secondary, which stays. */
  replacePrimary: 4,
  /** The secondary becomes primary, the target secondary. */
  failoverAndReplace: 5,
} as const;

export type MoveKind = (typeof moveKind)[keyof typeof moveKind];

/** One move of a plan, with the nodes it leads to and the score of the cluster after it. */
export interface Move {
  readonly instance: number;
  readonly kind: MoveKind;
  /** The node that is new to the instance; -1 for a fail-over. */
  readonly target: number;
  readonly primary: number;
  readonly secondary: number;
  readonly score: number;
}

/** Where a move leads: primary and secondary. */
export function destination(kind: MoveKind, primary: number, secondary: number, target: number): readonly [number, number] {
  switch (kind) {
    case moveKind.failover:
      return [secondary, primary];
    case moveKind.failoverToAny:
      return [target, secondary];
    case moveKind.replaceSecondary:
      return [primary, target];
    case moveKind.replaceAndFailover:
      return [target, primary];
    case moveKind.replacePrimary:
      return [target, secondary];
    case moveKind.failoverAndReplace:
      return [secondary, target];
  }
}

/** The migrations a running instance makes in a move: pairs of nodes, in order. */
export function migrationsOf(kind: MoveKind, primary: number, secondary: number, target: number): readonly (readonly [number, number])[] {
  switch (kind) {
    case moveKind.replaceSecondary:
      return [];
    case moveKind.failover:
    case moveKind.failoverAndReplace:
      return [[primary, secondary]];
    case moveKind.failoverToAny:
    case moveKind.replaceAndFailover:
      return [[primary, target]];
    case moveKind.replacePrimary:
      return [
        [primary, secondary],
        [secondary, target],
      ];
  }
}
