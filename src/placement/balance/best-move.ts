import { createRuleChange } from '../location/rule-book.ts';
import { hardRuleWeight, ruleCost } from '../location/rule-cost.ts';
import { attach, detach } from '../state/attach.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { nodeCounts } from '../state/counts.ts';
import { failMode } from '../state/fail-mode.ts';
import { createBackup, type NodeBackup, restore, save } from '../state/node-backup.ts';
import { clusterScore } from '../state/score.ts';
import { sharedDomains, unmetDesires } from '../state/tag-tables.ts';
import { allowsWay } from './allows-way.ts';
import { admitMove, tryPlacement } from './apply-move.ts';
import { type CandidateList, clearCandidates, createCandidateList, offer, tolerance } from './candidates.ts';
import { deviations, rest } from './deviations.ts';
import { createLooseSums, type LooseSums, takeOut, takeTarget } from './loose-sums.ts';
import { type MoveKind, moveKind, nodeAt, type Route, routes } from './move.ts';
import { isOpen, type MoveOptions, openKinds } from './open-kinds.ts';
import {
  beginStep,
  boundInstance,
  boundMoves,
  createScoreBound,
  primaryOnTarget,
  reservedOnSecondary,
  type ScoreBound,
  secondaryOnTarget,
} from './score-bound.ts';
import type { ScoreTable } from './score-table.ts';

/** The search for the best next move: what is allocated once, and the best found so far. */
export interface MoveSearch {
  readonly state: ClusterState;
  readonly table: ScoreTable;
  readonly options: MoveOptions;
  /** Nodes that take part, and of these the ones that are looked at now. */
  readonly allTargets: Int32Array;
  targets: Int32Array;
  readonly found: CandidateList;
  readonly bound: ScoreBound;
  readonly scratch: Scratch;
}

interface Scratch {
  readonly backup: NodeBackup;
  /** What rules say to a placement, and what they cost as things stand. */
  readonly change: Float64Array;
  ruleCost: number;
  readonly loose: LooseSums;
  /** The instance at hand is taken off its nodes; the parts of the target at hand are among the sums. */
  isDetached: boolean;
  hasTarget: boolean;
  /** Lower bound of the scores that the moves of the instance at hand lead to. */
  lowest: number;
  /** Some node has exclusive storage. */
  readonly exclusive: boolean;
}

export function createMoveSearch(state: ClusterState, table: ScoreTable, options: MoveOptions): MoveSearch {
  return {
    state,
    table,
    options,
    allTargets: table.online,
    targets: table.online,
    found: createCandidateList(),
    bound: createScoreBound(state, table),
    scratch: {
      backup: createBackup(state, 2),
      change: createRuleChange(),
      ruleCost: 0,
      loose: createLooseSums(table.metrics),
      hasTarget: false,
      isDetached: false,
      lowest: Number.POSITIVE_INFINITY,
      exclusive: state.nodes.exclusive.includes(1),
    },
  };
}

/** Makes ready for one step: from here on until the next one the state stays as it is. @param counts `scoreCounts` */
export function beginSearch({ state, table, options, found, bound, scratch }: MoveSearch, counts: number): void {
  clearCandidates(found);
  beginStep(state, table, bound, counts);
  scratch.ruleCost = ruleCost(options.rules);
}

/** Looks at all moves of one instance. */
export function considerInstance(search: MoveSearch, i: number): void {
  const { state, table, bound, scratch, found } = search;
  const kinds = openKinds(state, search.options, i);
  scratch.lowest = Number.POSITIVE_INFINITY;
  if (kinds === 0) return;
  const p = state.instances.primary[i] as number;
  const s = state.instances.secondary[i] as number;
  boundInstance(state, table, bound, i, p, s);
  if (!isBounded(search, i)) bound.floor = Number.NEGATIVE_INFINITY;
  if (bound.floor > found.best + tolerance) {
    scratch.lowest = bound.floor;
    return;
  }
  boundMoves(table, bound, i);
  if (isOpen(kinds, moveKind.failover)) considerMove(search, i, p, s, moveKind.failover, -1);
  if (kinds > 1) considerTargets(search, i, p, s, kinds);
  if (scratch.isDetached) putBack(search, i, p, s);
}

/**
 * The bounds are valid if sums are sufficient, storage is of one kind, and no rule is broken: then rules can only increase the
 * score.
 */
function isBounded({ state, scratch, options }: MoveSearch, i: number): boolean {
  return scratch.ruleCost === 0 && state.instances.forthcoming[i] === 0 && !scratch.exclusive && !options.exhaustive;
}

/** Sums do not tell of instances that exist only in part, and of those that do not say how many of a node's own spindles they have. */
function isSummed({ state: { instances }, scratch }: MoveSearch, i: number): boolean {
  return instances.forthcoming[i] === 0 && !(scratch.exclusive && (instances.spindles[i] as number) < 0);
}

/** All moves to the targets, in Ganeti's order: of equals the first is chosen. */
function considerTargets(search: MoveSearch, i: number, p: number, s: number, kinds: number): void {
  const { state, table, targets, bound, scratch, found } = search;
  const { tags } = state;
  const { primaryAt, secondaryAt } = bound;
  const primaryElsewhere = elsewhere(primaryAt, kinds, 'secondary', 'primary');
  const secondaryElsewhere = elsewhere(secondaryAt, kinds, 'primary', 'secondary');
  for (let k = 0; k < targets.length; k++) {
    const t = targets[k] as number;
    if (t === p || t === s) continue;
    const unmet = tags.words > 0 ? unmetDesires(tags, i, t) : 0;
    const asPrimary = primaryOnTarget(bound, table, t) + unmet;
    const asSecondary = secondaryOnTarget(bound, table, t);
    const least = bound.base + bound.leastReserved + Math.min(asPrimary + secondaryElsewhere, asSecondary + primaryElsewhere);
    if (least > found.best + tolerance) {
      if (least < scratch.lowest) scratch.lowest = least;
      continue;
    }
    primaryAt[2] = asPrimary;
    secondaryAt[2] = asSecondary;
    scratch.hasTarget = false;
    for (let kind: number = moveKind.failoverToAny; kind < routes.length; kind++) {
      if (isOpen(kinds, kind)) considerMove(search, i, p, s, kind as MoveKind, t);
    }
  }
}

/** The least that the instance adds on one of its own nodes in the `other` role when the target takes it in this one. */
function elsewhere(at: Float64Array, kinds: number, role: 'primary' | 'secondary', other: 'primary' | 'secondary'): number {
  let least = Number.POSITIVE_INFINITY;
  for (let kind: number = moveKind.failoverToAny; kind < routes.length; kind++) {
    const route = routes[kind] as Route;
    if (isOpen(kinds, kind) && route[role] === 2) least = Math.min(least, at[route[other]] as number);
  }
  return least;
}

/** Checks one move, only as exactly as needed to exclude it: by bounds, then by sums, then on the state. */
function considerMove(search: MoveSearch, i: number, p: number, s: number, kind: MoveKind, t: number): void {
  const { state, table, bound, scratch, found, options } = search;
  const route = routes[kind] as Route;
  const a = nodeAt(route.primary, p, s, t);
  const b = nodeAt(route.secondary, p, s, t);
  const shared = state.tags.words > 0 && b >= 0 && table.isOnline[a] === 1 ? sharedDomains(state.tags, a, b) : 0;
  const limit = found.best + tolerance;
  const both = (bound.primaryAt[route.primary] as number) + (bound.secondaryAt[route.secondary] as number) + shared;
  let least = bound.base + bound.leastReserved + both;
  if (b >= 0 && least <= limit) least = bound.base + both + reservedOnSecondary(bound, state, table, i, b, a, b === s);
  if (least > limit) {
    if (least < scratch.lowest) scratch.lowest = least;
    return;
  }
  takeOff(search, i, p, s);
  if (admitMove(state, i, kind, t, options.ignoreSoftErrors) !== failMode.none) return;
  const penalty = rulePenalty(search, i, kind, p, s, t);
  if (penalty === Number.POSITIVE_INFINITY) return;
  const score =
    penalty + (isSummed(search, i) ? scoreWith(search, i, route, a, b, t) : tryPlacement(state, i, a, b, () => clusterScore(state)));
  if (score < scratch.lowest) scratch.lowest = score;
  offer(found, i, kind, t, score);
}

/** The score but for rules, with the detached instance on `a` and `b`. */
function scoreWith({ state, table, scratch }: MoveSearch, i: number, route: Route, a: number, b: number, t: number): number {
  const { loose } = scratch;
  if (t >= 0 && !scratch.hasTarget) takeTarget(state, table, loose, i, t);
  scratch.hasTarget = t >= 0;
  const secondaryPart = b < 0 ? undefined : loose.asSecondary[route.secondary];
  const spread = table.constant + deviations(table, loose, loose.asPrimary[route.primary], secondaryPart);
  return spread + rest(state, table, loose, i, a, b);
}

/** What rules cost once the move is made; `Infinity`: they forbid it, or a place on its way. */
function rulePenalty({ options: { rules }, scratch }: MoveSearch, i: number, kind: MoveKind, p: number, s: number, t: number): number {
  if (!rules) return 0;
  const { change, ruleCost } = scratch;
  if (!allowsWay(rules, i, kind, p, s, t, change)) return Number.POSITIVE_INFINITY;
  return ruleCost + (change[0] as number) * hardRuleWeight + (change[1] as number);
}

/** Takes an instance off its nodes, once: out of the sums, then out of the state. */
function takeOff({ state, table, bound, scratch }: MoveSearch, i: number, p: number, s: number): void {
  if (scratch.isDetached) return;
  takeOut(state, table, scratch.loose, i, p, s, bound.reservedWithout);
  const before = ownCounts(state, p, s);
  save(state, scratch.backup, 0, p);
  save(state, scratch.backup, 1, s);
  detach(state, i);
  scratch.isDetached = true;
  scratch.loose.counts = bound.counts - before + ownCounts(state, p, s);
}

const ownCounts = (state: ClusterState, p: number, s: number): number =>
  nodeCounts(state, p) + (s >= 0 ? nodeCounts(state, s) : 0) + (state.tags.domainConflicts[0] as number);

function putBack({ state, scratch }: MoveSearch, i: number, p: number, s: number): void {
  attach(state, i, p, s);
  restore(state, scratch.backup);
  scratch.isDetached = false;
}
