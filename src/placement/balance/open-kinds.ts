import type { RuleBook } from '../location/rule-book.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { mirror } from '../state/instance-columns.ts';
import { moveKind } from './move.ts';

/** Which moves are looked at, as hbal's options have it. */
export interface MoveOptions {
  /** Replacing disks is allowed; else DRBD instances only fail over. */
  readonly diskMoves: boolean;
  /** Changing the primary node is allowed. */
  readonly instanceMoves: boolean;
  /** Instances do not move off a primary node that is online to a third one. */
  readonly restrictedMigration: boolean;
  /** Policy limits and N+1 are ignored. */
  readonly ignoreSoftErrors: boolean;
  readonly rules?: RuleBook | undefined;
  /** Computes every move without bounds: the result is the same, but much slower. Tests compare the bounds with it. */
  readonly exhaustive?: boolean | undefined;
}

/** The kinds of moves that are looked at for an instance where it is: bit k for kind k. */
export function openKinds({ instances, nodes }: ClusterState, options: MoveOptions, i: number): number {
  const { diskMoves, instanceMoves, restrictedMigration } = options;
  const secondary = instances.secondary[i] as number;
  if (instances.mirroring[i] === mirror.external) return instanceMoves ? bit(moveKind.failoverToAny) : 0;
  if (instances.mirroring[i] === mirror.none || secondary < 0) return 0;
  const primaryOffline = nodes.offline[instances.primary[i] as number] === 1;
  const toSecondary = instanceMoves && nodes.counted[secondary] === 1;
  let kinds = toSecondary ? bit(moveKind.failover) : 0;
  if (!diskMoves) return kinds;
  kinds |= bit(moveKind.replaceSecondary);
  if (!instanceMoves || (restrictedMigration && !primaryOffline)) return kinds;
  kinds |= bit(moveKind.replaceAndFailover);
  if (toSecondary) kinds |= bit(moveKind.failoverAndReplace);
  if (toSecondary && !restrictedMigration) kinds |= bit(moveKind.replacePrimary);
  return kinds;
}

export const isOpen = (kinds: number, kind: number): boolean => ((kinds >>> kind) & 1) === 1;

const bit = (kind: number): number => 1 << kind;
