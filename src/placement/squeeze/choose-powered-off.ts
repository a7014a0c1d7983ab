import type { ClusterState } from '../state/cluster-state.ts';
import { emptyOfflineNodes } from './empty-offline-nodes.ts';
import { type Goal, goalReached, offlineEmpty } from './goal.ts';
import { level } from './level.ts';
import { planMoves } from './plan-moves.ts';
import { setOffline } from './set-offline.ts';
import type { Choice } from './squeeze.ts';
import { roomImpossible } from './standard-room.ts';
import { createWorkspace, switchNodes, undoMoves, type Workspace } from './workspace.ts';

/**
 * Takes nodes off as Ganeti does, from the emptiest on, each if the cluster keeps its room without it. Ganeti balances the
 * whole cluster anew for every question; here the state stays as the last answer left it, and only what is on the next
 * node has to go, and to be levelled where room is short.
 * @param fresh makes the state of the cluster as it is
 * @param candidates the fullest first
 */
export function choosePoweredOff(fresh: () => ClusterState, candidates: readonly number[], goal: Goal): Choice {
  const { progress } = goal.options;
  const work = createWorkspace(fresh(), goal.options.rules);
  let chosen: readonly number[] = [];
  candidates.toReversed().forEach((node, done) => {
    const accepted = canGo(work, node, goal);
    if (accepted) chosen = [node, ...chosen];
    progress?.({ done: done + 1, total: candidates.length, node, accepted });
  });
  const state = fresh();
  for (const n of chosen) setOffline(state, n, true);
  const { moves, reached } = planMoves(state, goal);
  if (reached || chosen.length === 0) return { nodes: chosen, moves, state, reached };
  // Balanced from the start it would not do; the way on which the nodes were found does.
  work.moves.forEach(({ instance, primary, secondary }) => goal.options.rules?.place(instance, primary, secondary));
  return { nodes: chosen, moves: work.moves, state: work.state, reached: true };
}

/** Tries to do without a node; else all is as before. */
function canGo(work: Workspace, node: number, goal: Goal): boolean {
  const { state, moves } = work;
  const before = moves.length;
  setOffline(state, node, true);
  const possible = !roomImpossible(state, goal.row, onNode(state, node));
  setOffline(state, node, false);
  if (!possible) return false;
  switchNodes(work, [node], true);
  const reached = () => offlineEmpty(state) && goalReached(state, goal);
  const emptied = emptyOfflineNodes(work);
  if (!reached()) {
    level(work, reached);
    if (!emptied && emptyOfflineNodes(work)) level(work, reached);
  }
  if (reached()) return true;
  undoMoves(work, before);
  switchNodes(work, [node], false);
  return false;
}

/** What must find room elsewhere. */
function onNode({ nodes, instances, instanceCount }: ClusterState, node: number): { memory: number; vcpus: number } {
  let vcpus = 0;
  for (let i = 0; i < instanceCount; i++) {
    if (instances.primary[i] === node && instances.online[i] === 1) vcpus += instances.vcpus[i] as number;
  }
  return { memory: nodes.instanceMemory[node] as number, vcpus };
}
