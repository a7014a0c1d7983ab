import { applyMove, tryPlacement } from '../balance/apply-move.ts';
import { moveKind } from '../balance/move.ts';
import { admitPrimary } from '../state/admit.ts';
import { attach, detach } from '../state/attach.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { failMode } from '../state/fail-mode.ts';
import { createBackup, restore, save } from '../state/node-backup.ts';
import { clusterScore } from '../state/score.ts';
import { groupScore } from './group-score.ts';

/** How an instance is rescued when its node fails. */
export const rescue = {
  /** To its secondary. */
  failover: 0,
  /** To any node of the group: its disks are reached from everywhere. */
  anywhere: 1,
  /** Its disks are lost: it is created again on another node of the group. */
  recreate: 2,
} as const;

/** What is known of the instances that are to be rescued. By position. */
export interface RescueTraits {
  readonly kind: Uint8Array;
  /** The policy of its group allows to make it anew, without and with exclusive storage. */
  readonly allowed: readonly [Uint8Array, Uint8Array];
}

/**
 * Whether all instances of a node find a place when it fails, tried one after the other as Ganeti does: mirrored ones fail over,
 * then shared ones go where the score of the group is best, then the rest is created again, the largest first. The state is
 * unchanged afterwards.
 * @param primaries instances on the node, the last that came first
 * @param targets other nodes of its group
 */
export function canEmptyNode(
  state: ClusterState,
  primaries: readonly number[],
  targets: Int32Array,
  group: Int32Array,
  traits: RescueTraits,
): boolean {
  if (primaries.some((i) => !hasRefuge(state, i, targets, traits))) return false;
  const moved: { readonly i: number; readonly primary: number; readonly secondary: number }[] = [];
  const { instances } = state;
  const touched = new Set<number>([
    ...group,
    ...primaries.flatMap((i) => [instances.primary[i] as number, instances.secondary[i] as number]),
  ]);
  const backup = createBackup(state, touched.size);
  [...touched].forEach((n, place) => save(state, backup, place, n));
  const of = (kind: number) => primaries.filter((i) => traits.kind[i] === kind);
  const note = (i: number) => moved.push({ i, primary: instances.primary[i] as number, secondary: instances.secondary[i] as number });
  const goes =
    of(rescue.failover).every((i) => {
      note(i);
      return applyMove(state, i, moveKind.failover, -1, true) === failMode.none;
    }) &&
    of(rescue.anywhere).every((i) => {
      note(i);
      const target = bestTarget(state, i, targets, group);
      return target >= 0 && applyMove(state, i, moveKind.failoverToAny, target, true) === failMode.none;
    }) &&
    recreate(state, of(rescue.recreate), targets, traits);
  for (const { i, primary, secondary } of moved.reverse()) {
    detach(state, i);
    attach(state, i, primary, secondary);
  }
  restore(state, backup);
  return goes;
}

/** Some node accepts the instance now. While others are added there, its free resources do not increase. */
function hasRefuge(state: ClusterState, i: number, targets: Int32Array, { kind, allowed }: RescueTraits): boolean {
  if (kind[i] === rescue.failover) return true;
  const isAllowed = (t: number) => kind[i] === rescue.anywhere || allowed[state.nodes.exclusive[t] as 0 | 1][i] === 1;
  for (let k = 0; k < targets.length; k++) {
    const t = targets[k] as number;
    if (isAllowed(t) && admitPrimary(state, t, i, true) === failMode.none) return true;
  }
  return false;
}

function bestTarget(state: ClusterState, i: number, targets: Int32Array, group: Int32Array): number {
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  const primary = state.instances.primary[i] as number;
  const secondary = state.instances.secondary[i] as number;
  const backup = createBackup(state, 1);
  save(state, backup, 0, primary);
  for (const t of targets) {
    if (applyMoveAllowed(state, i, t)) {
      detach(state, i);
      const score = tryPlacement(state, i, t, -1, () => groupScore(state, group));
      attach(state, i, primary, secondary);
      restore(state, backup);
      if (score <= least) {
        least = score;
        best = t;
      }
    }
  }
  return best;
}

function applyMoveAllowed(state: ClusterState, i: number, t: number): boolean {
  const { tags, nodeCount, instances } = state;
  const free = tags.migration === undefined || tags.migration[(instances.primary[i] as number) * nodeCount + t] === 1;
  return free && admitPrimary(state, t, i, true) === failMode.none;
}

/** The instances also stay on the failed node: their memory there is not freed. */
function recreate(state: ClusterState, lost: readonly number[], targets: Int32Array, traits: RescueTraits): boolean {
  const { instances, nodes } = state;
  const placed: { readonly i: number; readonly from: readonly [number, number] }[] = [];
  const largestFirst = lost.toSorted((a, b) => (instances.memory[b] as number) - (instances.memory[a] as number));
  const goes = largestFirst.every((i) => {
    const from = [instances.primary[i] as number, instances.secondary[i] as number] as const;
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (const t of targets) {
      if (traits.allowed[nodes.exclusive[t] as 0 | 1][i] === 0 || admitPrimary(state, t, i, true) !== failMode.none) continue;
      const score = tryPlacement(state, i, t, -1, () => clusterScore(state));
      if (score <= least) {
        least = score;
        best = t;
      }
    }
    if (best < 0) return false;
    attach(state, i, best, -1);
    placed.push({ i, from });
    return true;
  });
  for (const { i, from } of placed.reverse()) {
    detach(state, i);
    instances.primary[i] = from[0];
    instances.secondary[i] = from[1];
  }
  return goes;
}
