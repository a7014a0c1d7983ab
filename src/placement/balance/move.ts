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

/** What a move is made of: a fail-over, a fail-over to any node, or a new secondary. Each is one job's work in Ganeti. */
export interface MoveStep {
  readonly kind: MoveKind;
  /** -1 for a fail-over. */
  readonly target: number;
}

const { failover, failoverToAny, replaceSecondary } = moveKind;

const stepKinds: readonly (readonly MoveKind[])[] = [
  [failover],
  [failoverToAny],
  [replaceSecondary],
  [replaceSecondary, failover],
  [failover, replaceSecondary, failover],
  [failover, replaceSecondary],
];

/** What is done for a move, one after the other. Source: Ganeti's hbal, the commands of its moves. */
export function moveSteps(kind: MoveKind, target: number): readonly MoveStep[] {
  return (stepKinds[kind] as readonly MoveKind[]).map((step) => ({ kind: step, target: step === failover ? -1 : target }));
}

/** A node as a move sees it: the primary, the secondary, the target. */
export type Stop = 0 | 1 | 2;

export interface Route {
  /** Primary and secondary after each step; the last is where the move leads. */
  readonly places: readonly (readonly [primary: Stop, secondary: Stop])[];
  /** What becomes the primary and the secondary node. */
  readonly primary: Stop;
  readonly secondary: Stop;
  /** The migrations that a running instance makes on the way, in order. */
  readonly migrations: readonly (readonly [Stop, Stop])[];
}

/** The way of a move, by its kind. */
export const routes: readonly Route[] = stepKinds.map((kinds) => {
  const places: (readonly [Stop, Stop])[] = [];
  const migrations: (readonly [Stop, Stop])[] = [];
  let [primary, secondary]: [Stop, Stop] = [0, 1];
  for (const kind of kinds) {
    const was: Stop = primary;
    if (kind === replaceSecondary) secondary = 2;
    else [primary, secondary] = kind === failover ? [secondary, primary] : [2, secondary];
    if (primary !== was) migrations.push([was, primary]);
    places.push([primary, secondary]);
  }
  return { places, primary, secondary, migrations };
});

/** The node at a stop. */
export const nodeAt = (stop: Stop, primary: number, secondary: number, target: number): number =>
  stop === 0 ? primary : stop === 1 ? secondary : target;

/** Where a move leads: primary and secondary. */
export function destination(kind: MoveKind, primary: number, secondary: number, target: number): readonly [number, number] {
  const route = routes[kind] as Route;
  return [nodeAt(route.primary, primary, secondary, target), nodeAt(route.secondary, primary, secondary, target)];
}

/** Primary and secondary after each step of a move. */
export function placesOf(kind: MoveKind, primary: number, secondary: number, target: number): readonly (readonly [number, number])[] {
  const at = (stop: Stop) => nodeAt(stop, primary, secondary, target);
  return (routes[kind] as Route).places.map(([one, other]) => [at(one), at(other)]);
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
