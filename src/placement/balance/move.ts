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

/** Where a move leads, and which migrations it makes on the way; 0 is the primary node, 1 the secondary, 2 the target. */
const routes: Readonly<Record<MoveKind, { readonly to: readonly [Stop, Stop]; readonly migrations: readonly (readonly [Stop, Stop])[] }>> =
  {
    [moveKind.failover]: { to: [1, 0], migrations: [[0, 1]] },
    [moveKind.failoverToAny]: { to: [2, 1], migrations: [[0, 2]] },
    [moveKind.replaceSecondary]: { to: [0, 2], migrations: [] },
    [moveKind.replaceAndFailover]: { to: [2, 0], migrations: [[0, 2]] },
    [moveKind.replacePrimary]: {
      to: [2, 1],
      migrations: [
        [0, 1],
        [1, 2],
      ],
    },
    [moveKind.failoverAndReplace]: { to: [1, 2], migrations: [[0, 1]] },
  };

type Stop = 0 | 1 | 2;

/** Where a move leads: primary and secondary. */
export function destination(kind: MoveKind, primary: number, secondary: number, target: number): readonly [number, number] {
  const stops = [primary, secondary, target] as const;
  const [first, second] = routes[kind].to;
  return [stops[first], stops[second]];
}

/** The migrations that a running instance makes in a move: pairs of nodes, in order. */
export function migrationsOf(kind: MoveKind, primary: number, secondary: number, target: number): readonly (readonly [number, number])[] {
  const stops = [primary, secondary, target] as const;
  return routes[kind].migrations.map(([from, to]) => [stops[from], stops[to]]);
}
