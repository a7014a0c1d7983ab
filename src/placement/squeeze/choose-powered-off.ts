import type { ClusterState } from '../state/cluster-state.ts';
import { balancedWithout } from './balanced-without.ts';
import type { Choice } from './choice.ts';
import { emptyOfflineNodes } from './empty-offline-nodes.ts';
import { type Goal, goalReached, offlineEmpty } from './goal.ts';
import { level } from './level.ts';
import { planMoves } from './plan-moves.ts';
import { setOffline } from './set-offline.ts';
import { roomImpossible } from './standard-room.ts';
import { createWorkspace, switchNodes, undoMoves, type Workspace } from './workspace.ts';

/** Moves weighed for second opinions: a quarter of a second's worth, which is plenty for small clusters. */
const secondOpinions = 1_000_000;

/**
 * Takes nodes off as Ganeti does, from the emptiest on, each if the cluster keeps its room without it. Ganeti balances the
 * whole cluster anew for every question; here the state stays as the last answer left it, and only what is on the next
 * node has to go, and to be levelled where room is short. Where that says no, it is asked as Ganeti asks, as long as there
 * is time.
 * @param fresh makes the state of the cluster as it is
 * @param candidates the fullest first
 */
export function choosePoweredOff(fresh: () => ClusterState, candidates: readonly number[], goal: Goal): Choice {
  const { progress, rules } = goal.options;
  let work = createWorkspace(fresh(), rules);
  let chosen: readonly number[] = [];
  let weighings = secondOpinions;
  for (const [done, node] of candidates.toReversed().entries()) {
    let accepted = false;
    if (!isImpossible(work, node, goal)) {
      accepted = canGo(work, node, goal);
      if (!accepted && weighings > 0) {
        const balanced = balancedWithout(fresh, [node, ...chosen], goal, weighings);
        weighings -= balanced.weighings;
        accepted = balanced.reached;
        if (accepted) work = { ...createWorkspace(balanced.state, rules), moves: balanced.moves };
        else placeAll(work);
      }
    }
    if (accepted) chosen = [node, ...chosen];
    progress?.({ done: done + 1, total: candidates.length, node, accepted });
  }
  const state = fresh();
  for (const n of chosen) setOffline(state, n, true);
  const { moves, reached } = planMoves(state, goal);
  if (reached || chosen.length === 0) return { nodes: chosen, moves, state, reached };
  // If balancing starts from the beginning, the goal is not reached; the moves by which the nodes were found reach it.
  placeAll(work);
  return { nodes: chosen, moves: work.moves, state: work.state, reached: true };
}

/** Makes rules of location see the instances where they are in this state. */
function placeAll({ state, rules }: Workspace): void {
  const { instances, instanceCount } = state;
  for (let i = 0; i < instanceCount; i++) rules?.place(i, instances.primary[i] as number, instances.secondary[i] as number);
}

function isImpossible({ state }: Workspace, node: number, goal: Goal): boolean {
  setOffline(state, node, true);
  const impossible = roomImpossible(state, goal.row, onNode(state, node));
  setOffline(state, node, false);
  return impossible;
}

/** Tries to switch off a node; if this fails, the state is as before. */
function canGo(work: Workspace, node: number, goal: Goal): boolean {
  const { state, moves } = work;
  const before = moves.length;
  switchNodes(work, [node], true);
  const reached = () => offlineEmpty(state, goal) && goalReached(state, goal);
  const emptied = emptyOfflineNodes(work, goal);
  if (!reached()) {
    level(work, reached);
    if (!emptied && emptyOfflineNodes(work, goal)) level(work, reached);
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
