import { applyMove } from '../balance/apply-move.ts';
import { type BalanceOptions, defaultBalanceOptions } from '../balance/balance.ts';
import { beginSearch, considerInstance, createMoveSearch, type MoveSearch } from '../balance/best-move.ts';
import { destination, type Move } from '../balance/move.ts';
import { createScoreTable, refreshTable, type ScoreTable } from '../balance/score-table.ts';
import type { RuleBook } from '../location/rule-book.ts';
import { ruleCost } from '../location/rule-cost.ts';
import { attach, detach } from '../state/attach.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { scoreCounts } from '../state/counts.ts';
import { failMode } from '../state/fail-mode.ts';
import { backupOf, type NodeBackup, restore } from '../state/node-backup.ts';
import { clusterScore } from '../state/score.ts';
import { instanceClasses } from './instance-classes.ts';
import { narrowTable } from './narrow-table.ts';
import { setOffline } from './set-offline.ts';

/** A state that is being worked on: moves and nodes switched are written down, and can be taken back. */
export interface Workspace {
  readonly state: ClusterState;
  readonly options: BalanceOptions;
  readonly rules: RuleBook | undefined;
  /** Instances that may move, and which of them are alike. */
  readonly movable: Int32Array;
  readonly classes: Int32Array;
  readonly table: ScoreTable;
  search: MoveSearch;
  score: number;
  readonly moves: Move[];
  /** Where the instance of each move was before, and how all its nodes were. */
  readonly origins: { readonly primary: number; readonly secondary: number; readonly nodes: NodeBackup }[];
}

/** Ganeti's hsqueeze goes on while anything is gained at all. */
export const thoroughOptions: BalanceOptions = { ...defaultBalanceOptions, minGain: 0, minGainLimit: 0 };

export function createWorkspace(state: ClusterState, rules: RuleBook | undefined): Workspace {
  const { instances, instanceCount } = state;
  const all = Int32Array.from({ length: instanceCount }, (_, i) => i);
  const movable = all.filter((i) => instances.movable[i] === 1 && (instances.primary[i] as number) >= 0);
  const options = { ...thoroughOptions, rules };
  const table = createScoreTable(state, movable);
  const search = createMoveSearch(state, table, options);
  const classes = instanceClasses(state, rules !== undefined);
  return { state, options, rules, movable, classes, table, search, score: totalScore(state, rules), moves: [], origins: [] };
}

/** Switches nodes in the model. */
export function switchNodes(work: Workspace, nodes: readonly number[], offline: boolean): void {
  for (const n of nodes) setOffline(work.state, n, offline);
  const table = narrowTable(work.state, work.table);
  work.search = { ...work.search, table, allTargets: table.online, targets: table.online };
  work.score = totalScore(work.state, work.rules);
}

/** Score, with what broken rules of location cost. */
const totalScore = (state: ClusterState, rules: RuleBook | undefined): number => clusterScore(state) + ruleCost(rules);

/** The best move of one instance, if there is any; better or worse than staying. */
export function bestMoveOf({ search, state }: Workspace, i: number): Move | undefined {
  beginSearch(search, scoreCounts(state));
  considerInstance(search, i);
  const [found] = search.found.candidates;
  if (!found) return undefined;
  const { instances } = state;
  const [primary, secondary] = destination(found.kind, instances.primary[i] as number, instances.secondary[i] as number, found.target);
  return { ...found, primary, secondary, score: search.found.best };
}

/** Makes a move that was found for the state as it is. */
export function perform(work: Workspace, move: Move): void {
  const { state, rules } = work;
  const { instance: i, kind, target, primary, secondary } = move;
  const before = { primary: state.instances.primary[i] as number, secondary: state.instances.secondary[i] as number };
  const nodes = backupOf(state, [before.primary, before.secondary, primary, secondary]);
  const reason = applyMove(state, i, kind, target, false);
  if (reason !== failMode.none) throw new Error(`move ${kind} of instance ${i} to ${target} was weighed but is refused (${reason})`);
  rules?.place(i, primary, secondary);
  refreshTable(state, work.search.table);
  work.score = move.score;
  work.moves.push(move);
  work.origins.push({ ...before, nodes });
}

/** Takes back moves until `length` of them are left. */
export function undoMoves({ state, rules, moves, origins }: Workspace, length: number): void {
  while (moves.length > length) {
    const { instance } = moves.pop() as Move;
    const { primary, secondary, nodes } = origins.pop() as Workspace['origins'][number];
    detach(state, instance);
    attach(state, instance, primary, secondary);
    restore(state, nodes);
    rules?.place(instance, primary, secondary);
  }
}
