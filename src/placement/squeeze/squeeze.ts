import { type MoveKind, moveKind } from '../balance/move.ts';
import type { PreparedCluster } from '../cluster/prepare-cluster.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { createState } from '../state/create-state.ts';
import { clusterScore } from '../state/score.ts';
import { assumeStandby } from './assume-standby.ts';
import { offCandidates, onCandidates } from './candidates.ts';
import { choosePoweredOff } from './choose-powered-off.ts';
import { choosePoweredOn } from './choose-powered-on.ts';
import { failingNodes, type Goal, goalReached } from './goal.ts';
import { measuredLoad } from './measured-load.ts';
import type { SqueezeOptions } from './squeeze-options.ts';
import { type SqueezePlan, standbyTag } from './squeeze-plan.ts';
import { minimalRow, spareRows, targetRow, writeSpareRows } from './standard-room.ts';
import { wattsChange, wattsOf } from './watts.ts';

/** Moves that copy the disks of the instance. */
const copies: ReadonlySet<MoveKind> = new Set([
  moveKind.replaceSecondary,
  moveKind.replaceAndFailover,
  moveKind.replacePrimary,
  moveKind.failoverAndReplace,
]);

/**
 * Which nodes can be switched off, or must be switched on, with the load as it is; a plan that nobody has carried out.
 * Source: Ganeti's hsqueeze(1).
 *
 * @example
 * const plan = squeeze(prepareCluster(data), { minimalResources: 2, targetResources: 2 });
 * // plan.action 'off': after plan.moves nothing is on plan.nodes
 */
export function squeeze(given: PreparedCluster, options: SqueezeOptions): SqueezePlan {
  const data = assumeStandby(given);
  const fresh = (): ClusterState => {
    const state = createState(data, { staticKvmNodeMemory: options.staticKvmNodeMemory, spareInstances: spareRows });
    writeSpareRows(state, options.targetResources, options.minimalResources);
    data.instances.forEach(({ primary, secondary }, i) => options.rules?.place(i, primary, secondary));
    return state;
  };
  const start = fresh();
  const load = measuredLoad(start);
  const common = { load, options, failing: failingNodes(start) };
  const needed: Goal = { ...common, row: minimalRow(start), which: 'on' };
  const kept: Goal = { ...common, row: targetRow(start), which: 'off' };
  const off = offCandidates(start, options);
  const on = onCandidates(start);
  const rest = goalReached(start, needed);
  const chosen = rest ? choosePoweredOff(fresh, off, kept) : choosePoweredOn(fresh, on, needed);
  const action = rest ? 'off' : 'on';
  const idle = rest && chosen.nodes.length === 0;
  const moves = idle ? [] : chosen.moves;
  const end = idle ? start : chosen.state;
  fresh();
  return {
    action: idle ? 'none' : action,
    nodes: chosen.nodes,
    moves,
    tag: standbyTag,
    sufficient: idle || chosen.reached,
    offCandidates: off,
    onCandidates: on,
    scoreBefore: clusterScore(start),
    scoreAfter: clusterScore(end),
    copied: moves.reduce((sum, { instance, kind }) => sum + (copies.has(kind) ? (data.instances[instance]?.disk ?? 0) : 0), 0),
    watts: wattsChange(start, wattsOf(start, load), wattsOf(end, load), chosen.nodes),
  };
}
