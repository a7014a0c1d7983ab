import { createRuleChange, type RuleBook } from '../location/rule-book.ts';
import { hardRuleWeight, ruleCost } from '../location/rule-cost.ts';
import { attach, detach } from '../state/attach.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { scoreCounts } from '../state/counts.ts';
import { failMode } from '../state/fail-mode.ts';
import { createBackup, restore, save } from '../state/node-backup.ts';
import { clusterScore } from '../state/score.ts';
import { applyMove } from './apply-move.ts';
import { beginSearch, considerInstance, createMoveSearch, type MoveSearch } from './best-move.ts';
import { closest, tolerance } from './candidates.ts';
import { advance, createGainMemory, type GainMemory, gainLimit, remember } from './gain-memory.ts';
import { destination, type Move } from './move.ts';
import type { MoveOptions } from './open-kinds.ts';
import { createScoreTable, refreshTable } from './score-table.ts';

/** How far a balancing goes, as hbal's options have it. */
export interface BalanceOptions extends MoveOptions {
  /** Only instances on nodes that are offline move. */
  readonly evacuate: boolean;
  /** A step must gain this much, once the score is at most `minGainLimit`. */
  readonly minGain: number;
  readonly minGainLimit: number;
}

export const defaultBalanceOptions: BalanceOptions = {
  diskMoves: true,
  instanceMoves: true,
  restrictedMigration: false,
  ignoreSoftErrors: false,
  evacuate: false,
  minGain: 1e-2,
  minGainLimit: 1e-1,
};

/**
 * Balances step by step: each step makes the move, of all that one instance can make, after which the score is least. The state
 * changes with each move that is returned; the caller stops when it has enough.
 */
export function* balance(state: ClusterState, options: BalanceOptions = defaultBalanceOptions): Generator<Move, void> {
  const movable = candidates(state, options);
  const table = createScoreTable(state, movable);
  const search = createMoveSearch(state, table, options);
  const memory = remembers(state, options) ? createGainMemory(state, table, search.bound) : undefined;
  let changed = new Set<number>();
  for (let score = totalScore(state, options); ; ) {
    scan(search, options.evacuate ? candidates(state, options) : movable, memory && { memory, score, changed });
    const move = decide(search);
    if (!move || !(move.score < score) || (score <= options.minGainLimit && score - move.score < options.minGain)) return;
    const { primary, secondary } = state.instances;
    changed = new Set([primary[move.instance] as number, secondary[move.instance] as number, move.primary, move.secondary]);
    perform(search, move);
    refreshTable(state, table);
    if (memory) advance(memory, table, search.bound);
    score = move.score;
    yield move;
  }
}

/** Gains can be remembered if a move changes nothing but variances elsewhere: no rules, no counts over domains. */
function remembers({ tags, instances, nodes }: ClusterState, { rules, evacuate, exhaustive }: BalanceOptions): boolean {
  const simple = !instances.forthcoming.includes(1) && !nodes.exclusive.includes(1);
  return simple && !evacuate && !exhaustive && rules === undefined && (tags.words === 0 || tags.exclusionCount === 0);
}

/** What a scan may use of the steps before: see `GainMemory`. */
interface Past {
  readonly memory: GainMemory;
  /** The score as it is. */
  readonly score: number;
  /** Nodes that the last step changed. */
  readonly changed: ReadonlySet<number>;
}

/** Checks every instance, first those whose moves were the best before: an early good score excludes most of the rest. */
function scan(search: MoveSearch, instances: Int32Array, past: Past | undefined): void {
  const { state, found } = search;
  const leaders = new Set(found.leaders.slice(-16).toReversed());
  beginSearch(search, scoreCounts(state));
  for (const i of leaders) if (instances.includes(i)) look(search, i, past);
  const narrow = past && search.allTargets.filter((n) => past.changed.has(n));
  for (const i of instances) {
    if (leaders.has(i)) continue;
    if (past && narrow) glance(search, i, past, narrow);
    else look(search, i, past);
  }
}

/** Looks at all moves of an instance. */
function look(search: MoveSearch, i: number, past: Past | undefined): void {
  search.targets = search.allTargets;
  considerInstance(search, i);
  if (past) remember(past.memory, i, past.score - search.scratch.lowest);
}

/** Looks at the moves to nodes that have changed, and at all only where the best may be among the others. */
function glance(search: MoveSearch, i: number, past: Past, narrow: Int32Array): void {
  const { state, scratch, found } = search;
  const { primary, secondary } = state.instances;
  const touched = past.changed.has(primary[i] as number) || past.changed.has(secondary[i] as number);
  const limit = gainLimit(past.memory, i);
  if (touched || past.score - limit <= found.best + tolerance) return look(search, i, past);
  search.targets = narrow;
  considerInstance(search, i);
  remember(past.memory, i, Math.max(limit, past.score - scratch.lowest));
}

/** Instances that may move: of those in scope, and when evacuating only what touches a node that is offline. */
function candidates({ instances, nodes, scope, instanceCount }: ClusterState, { evacuate }: BalanceOptions): Int32Array {
  const inScope = new Uint8Array(nodes.group.length);
  for (const n of scope) inScope[n] = 1;
  const movable: number[] = [];
  for (let i = 0; i < instanceCount; i++) {
    const primary = instances.primary[i] as number;
    const secondary = instances.mirroring[i] === 1 ? (instances.secondary[i] as number) : -1;
    if (instances.movable[i] === 0 || primary < 0 || inScope[primary] === 0) continue;
    const off = nodes.offline[primary] === 1 || (secondary >= 0 && nodes.offline[secondary] === 1);
    if (!evacuate || off) movable.push(i);
  }
  return Int32Array.from(movable);
}

/** Score, with what broken rules of location cost. */
function totalScore(state: ClusterState, { rules }: MoveOptions): number {
  return clusterScore(state) + ruleCost(rules);
}

/** Of the candidates that are equal but for rounding, the one with the least score from scratch; the first of several. */
function decide({ state, found, options, allTargets }: MoveSearch): Move | undefined {
  let best: Move | undefined;
  const { instances } = state;
  const backup = createBackup(state, 4);
  for (const { instance: i, kind, target } of closest(found.candidates, allTargets)) {
    const from = [instances.primary[i] as number, instances.secondary[i] as number] as const;
    const [primary, secondary] = destination(kind, from[0], from[1], target);
    backup.nodes.fill(-1);
    [...new Set([from[0], from[1], primary, secondary])].forEach((n, place) => save(state, backup, place, n));
    detach(state, i);
    attach(state, i, primary, secondary);
    const score = clusterScore(state) + costAfter(options.rules, i, primary, secondary);
    detach(state, i);
    attach(state, i, from[0], from[1]);
    restore(state, backup);
    if (!best || score < best.score) best = { instance: i, kind, target, primary, secondary, score };
  }
  return best;
}

/** What rules add to the score once the instance is there. */
function costAfter(rules: RuleBook | undefined, i: number, primary: number, secondary: number): number {
  if (!rules) return 0;
  const change = createRuleChange();
  rules.weigh(i, primary, secondary, change);
  return ruleCost(rules) + (change[0] as number) * hardRuleWeight + (change[1] as number);
}

function perform({ state, options }: MoveSearch, { instance, kind, target, primary, secondary }: Move): void {
  const reason = applyMove(state, instance, kind, target, options.ignoreSoftErrors);
  if (reason !== failMode.none) throw new Error(`move ${kind} of instance ${instance} to ${target} was weighed but is refused (${reason})`);
  options.rules?.place(instance, primary, secondary);
}
