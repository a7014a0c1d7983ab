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

/** A node as a move sees it: the primary, the secondary, the target. */
export type Stop = 0 | 1 | 2;

export interface Route {
  /** What becomes the primary and the secondary node. */
  readonly primary: Stop;
  readonly secondary: Stop;
  /** The migrations that a running instance makes on the way, in order. */
  readonly migrations: readonly (readonly [Stop, Stop])[];
}

/** Where a move leads, by its kind. */
export const routes: readonly Route[] = [
  { primary: 1, secondary: 0, migrations: [[0, 1]] },
  { primary: 2, secondary: 1, migrations: [[0, 2]] },
  { primary: 0, secondary: 2, migrations: [] },
  { primary: 2, secondary: 0, migrations: [[0, 2]] },
  {
    primary: 2,
    secondary: 1,
    migrations: [
      [0, 1],
      [1, 2],
    ],
  },
  { primary: 1, secondary: 2, migrations: [[0, 1]] },
];

/** The node at a stop. */
export const nodeAt = (stop: Stop, primary: number, secondary: number, target: number): number =>
  stop === 0 ? primary : stop === 1 ? secondary : target;

/** Where a move leads: primary and secondary. */
export function destination(kind: MoveKind, primary: number, secondary: number, target: number): readonly [number, number] {
  const route = routes[kind] as Route;
  return [nodeAt(route.primary, primary, secondary, target), nodeAt(route.secondary, primary, secondary, target)];
}

/** Whether all migrations that a running instance makes in a move are allowed. */
export function canMigrate(
  kind: MoveKind,
  primary: number,
  secondary: number,
  target: number,
  isAllowed: (from: number, to: number) => boolean,
): boolean {
  const { migrations } = routes[kind] as Route;
  return migrations.every(([from, to]) => isAllowed(nodeAt(from, primary, secondary, target), nodeAt(to, primary, secondary, target)));
}
