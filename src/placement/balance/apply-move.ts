import { admitMigration, admitPrimary, admitSecondary } from '../state/admit.ts';
import { attach, detach } from '../state/attach.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { type FailMode, failMode } from '../state/fail-mode.ts';
import { createBackup, restore, save } from '../state/node-backup.ts';
import { canMigrate, destination, type MoveKind, moveKind } from './move.ts';

/**
 * Moves an instance if every node on the way accepts it. `force` ignores limits of policy; so does a move away from an offline
 * node, because it can only improve things.
 * @returns why not, with the state as it was, or `failMode.none`
 */
export function applyMove(state: ClusterState, i: number, kind: MoveKind, target: number, force: boolean): FailMode {
  const { instances } = state;
  const primary = instances.primary[i] as number;
  const secondary = instances.secondary[i] as number;
  const backup = createBackup(state, 2);
  save(state, backup, 0, primary);
  save(state, backup, 1, secondary);
  detach(state, i);
  const reason = admitMove(state, i, kind, target, force);
  const [newPrimary, newSecondary] = reason === failMode.none ? destination(kind, primary, secondary, target) : [primary, secondary];
  attach(state, i, newPrimary, newSecondary);
  if (reason !== failMode.none) restore(state, backup);
  return reason;
}

/**
 * Whether a detached instance can make a move from the nodes it was on: every migration on the way is allowed, and every node
 * accepts it in its new role. This is the only place that says which nodes each kind of move must check, and for what.
 */
export function admitMove(state: ClusterState, i: number, kind: MoveKind, target: number, force: boolean): FailMode {
  const { instances, nodes, tags } = state;
  const p = instances.primary[i] as number;
  const s = instances.secondary[i] as number;
  const primaryOffline = nodes.offline[p] === 1;
  const leavesPrimary = force || primaryOffline;
  const leavesSecondary = force || (s >= 0 && nodes.offline[s] === 1);
  if (tags.migration && !canMigrate(kind, p, s, target, (from, to) => admitMigration(state, from, to))) return failMode.migration;
  switch (kind) {
    case moveKind.failoverToAny:
      return admitPrimary(state, target, i, leavesPrimary);
    case moveKind.failover:
      return admitBoth(state, i, s, leavesPrimary, p, leavesPrimary, primaryOffline);
    case moveKind.replaceSecondary:
      return admitBoth(state, i, p, true, target, leavesSecondary, false);
    case moveKind.replaceAndFailover:
      return admitBoth(state, i, target, force, p, leavesSecondary, false);
    case moveKind.failoverAndReplace:
      return admitBoth(state, i, s, leavesPrimary, target, leavesPrimary, false);
    default: // The primary is replaced by way of the secondary, which must be able to run it for a while.
      return admitPrimary(state, s, i, leavesPrimary) || admitBoth(state, i, target, leavesPrimary, s, leavesPrimary, false);
  }
}

function admitBoth(
  state: ClusterState,
  i: number,
  primary: number,
  forcePrimary: boolean,
  secondary: number,
  forceSecondary: boolean,
  ignoreDisks: boolean,
): FailMode {
  return admitPrimary(state, primary, i, forcePrimary) || admitSecondary(state, secondary, i, primary, forceSecondary, ignoreDisks);
}

/** What the cluster would be like with a detached instance on these nodes, seen by `look`. */
export function tryPlacement<T>(state: ClusterState, i: number, primary: number, secondary: number, look: () => T): T {
  const { instances } = state;
  const before = [instances.primary[i] as number, instances.secondary[i] as number] as const;
  const backup = createBackup(state, 2);
  save(state, backup, 0, primary);
  save(state, backup, 1, secondary);
  attach(state, i, primary, secondary);
  const seen = look();
  detach(state, i);
  restore(state, backup);
  instances.primary[i] = before[0];
  instances.secondary[i] = before[1];
  return seen;
}
