import type { RuleBook } from '../location/rule-book.ts';
import { hardRuleWeight, ruleCost } from '../location/rule-cost.ts';
import { admitMigration, admitPrimary, admitSecondary } from '../state/admit.ts';
import { attach, detach } from '../state/attach.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { countsWithPrimary, countsWithSecondary, nodeCounts } from '../state/counts.ts';
import { mirror } from '../state/instance-columns.ts';
import { createBackup, type NodeBackup, restore, save } from '../state/node-backup.ts';
import { clusterScore } from '../state/score.ts';
import { tryPlacement } from './apply-move.ts';
import { type MoveKind, migrationsOf, moveKind } from './move.ts';
import {
  beginStep,
  boundInstance,
  createScoreBound,
  primaryOnTarget,
  reservedOnSecondary,
  type ScoreBound,
  secondaryOnTarget,
} from './score-bound.ts';
import type { ScoreTable } from './score-table.ts';

/** Which moves are looked at, as hbal's options have it. */
export interface MoveOptions {
  /** Replacing disks is allowed; else DRBD instances only fail over. */
  readonly diskMoves: boolean;
  /** Changing the primary node is allowed. */
  readonly instanceMoves: boolean;
  /** Instances do not move off a primary node that is online to a third one. */
  readonly restrictedMigration: boolean;
  /** Policy limits and N+1 are passed over. */
  readonly ignoreSoftErrors: boolean;
  readonly rules?: RuleBook | undefined;
}

/** The search for the best next move: what is allocated once, and the best found so far. */
export interface MoveSearch {
  readonly state: ClusterState;
  readonly table: ScoreTable;
  readonly options: MoveOptions;
  /** Nodes that take part, and of these the ones that are looked at now. */
  readonly allTargets: Int32Array;
  targets: Int32Array;
  readonly found: CandidateList;
  readonly scratch: Scratch;
}

/** Candidates whose scores are the least seen, within rounding. */
interface CandidateList {
  best: number;
  readonly candidates: Candidate[];
  /** Instances whose moves were the best for a while; they are worth a first look in the next step. */
  readonly leaders: number[];
}

export interface Candidate {
  readonly instance: number;
  readonly kind: MoveKind;
  readonly target: number;
  readonly score: number;
}

interface Scratch {
  readonly backup: NodeBackup;
  readonly rules: Float64Array;
  /** Sums and squares without the instance. */
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  /** Values of the primary and the secondary without the instance. */
  readonly own: readonly [Float64Array, Float64Array];
  /** What the instance adds as primary or secondary on its primary, secondary or the target: sums, then squares. */
  readonly asPrimary: readonly [Float64Array, Float64Array, Float64Array];
  readonly asSecondary: readonly [Float64Array, Float64Array, Float64Array];
  base: Base;
  /** Lower bound of the scores that the moves of the instance at hand lead to. */
  lowest: number;
  readonly bound: ScoreBound;
  /** Some node has exclusive storage. */
  readonly exclusive: boolean;
}

/** Parts of the score that are no deviations, without the instance. */
export interface Base {
  reservedSum: number;
  reservedSquares: number;
  counts: number;
  rules: number;
}

/** Scores nearer to each other than this may be equal but for rounding; the state itself then decides. */
export const tolerance = 1e-8;

export function createMoveSearch(state: ClusterState, table: ScoreTable, options: MoveOptions): MoveSearch {
  const { metrics } = table;
  const pair = () => new Float64Array(2 * metrics);
  return {
    state,
    table,
    options,
    allTargets: table.online,
    targets: table.online,
    found: { best: Number.POSITIVE_INFINITY, candidates: [], leaders: [] },
    scratch: {
      backup: createBackup(state, 2),
      rules: new Float64Array(2),
      sums: new Float64Array(metrics),
      squares: new Float64Array(metrics),
      own: [new Float64Array(metrics), new Float64Array(metrics)],
      asPrimary: [pair(), pair(), pair()],
      asSecondary: [pair(), pair(), pair()],
      base: { reservedSum: 0, reservedSquares: 0, counts: 0, rules: 0 },
      lowest: Number.POSITIVE_INFINITY,
      bound: createScoreBound(state, table),
      exclusive: state.nodes.exclusive.includes(1),
    },
  };
}

/** Makes ready for one step: from here on until the next one the state stays as it is. */
export function beginSearch({ table, found, scratch }: MoveSearch): void {
  found.best = Number.POSITIVE_INFINITY;
  found.candidates.length = 0;
  found.leaders.length = 0;
  beginStep(table, scratch.bound);
}

/** Looks at all moves of one instance. @param counts `scoreCounts` of the state as it is */
export function considerInstance(search: MoveSearch, i: number, counts: number): void {
  const { state, table, scratch, options } = search;
  const { instances } = state;
  const mirroring = instances.mirroring[i] as number;
  const p = instances.primary[i] as number;
  const s = instances.secondary[i] as number;
  if (mirroring === mirror.none || (mirroring === mirror.external && !options.instanceMoves)) return;
  if (mirroring === mirror.internal && s < 0) return;
  const before = nodeCounts(state, p) + (s >= 0 ? nodeCounts(state, s) : 0) + (state.tags.domainConflicts[0] as number);
  save(state, scratch.backup, 0, p);
  save(state, scratch.backup, 1, s);
  detach(state, i);
  takeOut(search, i, p, s);
  const after = nodeCounts(state, p) + (s >= 0 ? nodeCounts(state, s) : 0) + (state.tags.domainConflicts[0] as number);
  scratch.base.counts = counts - before + after;
  scratch.lowest = Number.POSITIVE_INFINITY;
  scratch.base.rules = ruleCost(options.rules);
  boundInstance(state, table, scratch.bound, scratch, i, p, s);
  boundCounts(search, i, p, s);
  if (!bounded(search, i)) scratch.bound.base = Number.NEGATIVE_INFINITY;
  if (mirroring === mirror.external) considerExternal(search, i, p, s);
  else considerMirrored(search, i, p, s);
  attach(state, i, p, s);
  restore(state, scratch.backup);
}

/** What sums do not tell: instances that exist only in part, and those that do not say how many of a node's own spindles they have. */
function isIrregular({ state: { instances }, scratch }: MoveSearch, i: number): boolean {
  return instances.forthcoming[i] === 1 || (scratch.exclusive && (instances.spindles[i] as number) < 0);
}

/** The bound holds where sums tell all, storage is of one kind, and no rule is broken: then rules can only add to the score. */
function bounded({ state, scratch }: MoveSearch, i: number): boolean {
  return scratch.base.rules === 0 && state.instances.forthcoming[i] === 0 && !scratch.exclusive;
}

/** What the instance adds to the counts on the nodes it was on, as far as it does not depend on its other node. */
function boundCounts({ state, scratch }: MoveSearch, i: number, p: number, s: number): void {
  const { bound } = scratch;
  bound.primaryAtP += countsWithPrimary(state, i, p, -1) - nodeCounts(state, p);
  if (s < 0) return;
  bound.primaryAtS += countsWithPrimary(state, i, s, -1) - nodeCounts(state, s);
  bound.secondaryAtP += countsWithSecondary(state, p, state.nodes.reserved[p] as number) - nodeCounts(state, p);
  bound.secondaryAtS += countsWithSecondary(state, s, state.nodes.reserved[s] as number) - nodeCounts(state, s);
}

function considerExternal(search: MoveSearch, i: number, p: number, s: number): void {
  const { state, targets, options, scratch, found, table } = search;
  const { bound } = scratch;
  const force = options.ignoreSoftErrors || state.nodes.offline[p] === 1;
  for (let k = 0; k < targets.length; k++) {
    const t = targets[k] as number;
    if (t === p || t === s) continue;
    const lowest = bound.base + primaryOnTarget(bound, table, t);
    if (lowest < scratch.lowest) scratch.lowest = lowest;
    if (lowest > found.best + tolerance) continue;
    if (!admitMigration(state, p, t) || admitPrimary(state, t, i, force) !== 0) continue;
    contribute(search, i, t, search.table.values, t * search.table.metrics, scratch.asPrimary[2], 0);
    weigh(search, i, moveKind.failoverToAny, t, t, scratch.asPrimary[2], s, undefined);
  }
}

/** All moves of a mirrored instance, in Ganeti's order: of equals the first is chosen. */
function considerMirrored(search: MoveSearch, i: number, p: number, s: number): void {
  const { state, targets, options, scratch, table, found } = search;
  const { ignoreSoftErrors: force, instanceMoves, restrictedMigration: restricted } = options;
  const primaryOffline = state.nodes.offline[p] === 1;
  const leaves = force || primaryOffline;
  const leavesSecondary = force || state.nodes.offline[s] === 1;
  const secondaryValid = table.isOnline[s] === 1 && instanceMoves;
  const { asPrimary, asSecondary, own } = scratch;
  contribute(search, i, p, own[0], 0, asPrimary[0], 0);
  contribute(search, i, s, own[1], 0, asPrimary[1], 0);
  contribute(search, i, p, own[0], 0, asSecondary[0], 1);
  contribute(search, i, s, own[1], 0, asSecondary[1], 1);
  const toSecondary = secondaryValid && admitMigration(state, p, s) && admitPrimary(state, s, i, leaves) === 0;
  if (toSecondary && admitSecondary(state, p, i, s, leaves, primaryOffline) === 0) {
    weigh(search, i, moveKind.failover, -1, s, asPrimary[1], p, asSecondary[0]);
  }
  if (!options.diskMoves) return;
  const stays = admitPrimary(state, p, i, true) === 0;
  const takesPrimary = instanceMoves && !(restricted && !primaryOffline);
  const viaSecondary = toSecondary && !(restricted && primaryOffline);
  const { bound } = scratch;
  const { primaryAtP, primaryAtS, secondaryAtP, secondaryAtS, leastReserved } = bound;
  // The better of the instance's own nodes for the role that the target does not take.
  const others = secondaryValid ? Math.min(secondaryAtP, secondaryAtS) : secondaryAtP;
  const partners = toSecondary ? Math.min(primaryAtP, primaryAtS) : primaryAtP;
  for (let k = 0; k < targets.length; k++) {
    const t = targets[k] as number;
    if (t === p || t === s) continue;
    const limit = found.best + tolerance - bound.base;
    const secondaryAtT = secondaryOnTarget(bound, table, t);
    const primaryAtT = takesPrimary ? primaryOnTarget(bound, table, t) : Number.POSITIVE_INFINITY;
    const least = Math.min(primaryAtT + others, secondaryAtT + partners) + leastReserved;
    if (bound.base + least < scratch.lowest) scratch.lowest = bound.base + least;
    if (least > limit) continue;
    let contributed = false;
    if (stays && secondaryAtT + primaryAtP + reservedOnSecondary(bound, state, table, i, t, p) <= limit) {
      if (admitSecondary(state, t, i, p, leavesSecondary, false) === 0) {
        contribute(search, i, t, table.values, t * table.metrics, asSecondary[2], 1);
        contributed = true;
        weigh(search, i, moveKind.replaceSecondary, t, p, asPrimary[0], t, asSecondary[2]);
      }
    }
    if (!takesPrimary) continue;
    if (primaryAtT + secondaryAtP + reservedOnSecondary(bound, state, table, i, p, t) <= limit && admitMigration(state, p, t)) {
      if (admitPrimary(state, t, i, force) === 0 && admitSecondary(state, p, i, t, leavesSecondary, false) === 0) {
        contribute(search, i, t, table.values, t * table.metrics, asPrimary[2], 0);
        weigh(search, i, moveKind.replaceAndFailover, t, t, asPrimary[2], p, asSecondary[0]);
      }
    }
    if (!secondaryValid) continue;
    if (
      viaSecondary &&
      primaryAtT + secondaryAtS + reservedOnSecondary(bound, state, table, i, s, t) <= limit &&
      admitMigration(state, s, t)
    ) {
      if (admitPrimary(state, t, i, leaves) === 0 && admitSecondary(state, s, i, t, leaves, false) === 0) {
        contribute(search, i, t, table.values, t * table.metrics, asPrimary[2], 0);
        weigh(search, i, moveKind.replacePrimary, t, t, asPrimary[2], s, asSecondary[1]);
      }
    }
    if (toSecondary && primaryAtS + secondaryAtT + reservedOnSecondary(bound, state, table, i, t, s) <= limit) {
      if (admitSecondary(state, t, i, s, leaves, false) === 0) {
        if (!contributed) contribute(search, i, t, table.values, t * table.metrics, asSecondary[2], 1);
        weigh(search, i, moveKind.failoverAndReplace, t, s, asPrimary[1], t, asSecondary[2]);
      }
    }
  }
}

/** Sums and squares without the instance, which is detached already. */
function takeOut({ state, table, scratch }: MoveSearch, i: number, p: number, s: number): void {
  const { metrics, values, factors } = table;
  scratch.sums.set(table.sums);
  scratch.squares.set(table.squares);
  for (let side = 0; side < 2; side++) {
    const n = side === 0 ? p : s;
    if (n < 0 || table.isOnline[n] === 0) continue;
    const amounts = (side === 0 ? table.primaryAmounts : table.secondaryAmounts)[state.nodes.exclusive[n] as 0 | 1];
    const own = scratch.own[side as 0 | 1];
    for (let k = 0; k < metrics; k++) {
      const y = values[n * metrics + k] as number;
      const d = (amounts[i * metrics + k] as number) * (factors[n * metrics + k] as number);
      own[k] = y - d;
      scratch.sums[k] = (scratch.sums[k] as number) - d;
      scratch.squares[k] = (scratch.squares[k] as number) + d * (d - 2 * y);
    }
  }
  const { base } = scratch;
  base.reservedSum = table.reservedSums.sum;
  base.reservedSquares = table.reservedSums.squares;
  if (s >= 0 && table.isOnline[s] === 1) {
    const old = table.reserved[s] as number;
    const now = centredReserve(state, table, s, state.nodes.reserved[s] as number);
    base.reservedSum += now - old;
    base.reservedSquares += now * now - old * old;
  }
}

/** What the instance adds to sums and squares when it comes to a node. */
function contribute(search: MoveSearch, i: number, n: number, values: Float64Array, at: number, out: Float64Array, role: 0 | 1): void {
  const { table, state } = search;
  const { metrics, factors } = table;
  if (table.isOnline[n] === 0) {
    out.fill(0);
    return;
  }
  const amounts = (role === 0 ? table.primaryAmounts : table.secondaryAmounts)[state.nodes.exclusive[n] as 0 | 1];
  for (let k = 0; k < metrics; k++) {
    const d = (amounts[i * metrics + k] as number) * (factors[n * metrics + k] as number);
    out[k] = d;
    out[metrics + k] = d * (2 * (values[at + k] as number) + d);
  }
}

/** The score with the instance on `a` as primary and `b` as secondary (or -1), and whether that is the best so far. */
function weigh(
  search: MoveSearch,
  i: number,
  kind: MoveKind,
  target: number,
  a: number,
  primaryPart: Float64Array,
  b: number,
  secondaryPart: Float64Array | undefined,
): void {
  const { state, table, scratch, found, options } = search;
  let penalty = scratch.base.rules;
  if (options.rules) {
    const migrations = migrationsOf(kind, state.instances.primary[i] as number, state.instances.secondary[i] as number, target);
    if (migrations.some(([from, to]) => !options.rules?.mayMigrate(i, from, to))) return;
    options.rules.weigh(i, a, b, scratch.rules);
    if ((scratch.rules[0] as number) > 0) return;
    penalty += (scratch.rules[0] as number) * hardRuleWeight + (scratch.rules[1] as number);
  }
  const score =
    penalty +
    (isIrregular(search, i)
      ? tryPlacement(state, i, a, b, () => clusterScore(state))
      : table.constant + deviations(table, scratch, primaryPart, secondaryPart) + rest(state, table, scratch.base, i, a, b));
  if (score < scratch.lowest) scratch.lowest = score;
  if (score > found.best + tolerance) return;
  if (score < found.best) {
    if (score < found.best - tolerance) found.candidates.length = 0;
    found.best = score;
    if (found.leaders.at(-1) !== i) found.leaders.push(i);
  }
  found.candidates.push({ instance: i, kind, target, score });
}

export function deviations(
  table: ScoreTable,
  { sums, squares }: Pick<Scratch, 'sums' | 'squares'>,
  primaryPart: Float64Array,
  secondaryPart: Float64Array | undefined,
): number {
  const { metrics, weights, online } = table;
  const inverse = 1 / online.length;
  let total = 0;
  for (let k = 0; k < metrics; k++) {
    let sum = (sums[k] as number) + (primaryPart[k] as number);
    let square = (squares[k] as number) + (primaryPart[metrics + k] as number);
    if (secondaryPart) {
      sum += secondaryPart[k] as number;
      square += secondaryPart[metrics + k] as number;
    }
    const mean = sum * inverse;
    const variance = square * inverse - mean * mean;
    if (variance > 0) total += (weights[k] as number) * Math.sqrt(variance);
  }
  return total;
}

/** Reserved memory and everything that is counted. */
export function rest(state: ClusterState, table: ScoreTable, base: Base, i: number, a: number, b: number): number {
  const { nodes, instances, peers, nodeCount } = state;
  let { reservedSum: sum, reservedSquares: squares, counts } = base;
  counts += countsWithPrimary(state, i, a, b) - nodeCounts(state, a);
  if (b >= 0 && instances.mirroring[i] === mirror.internal) {
    const need = instances.reserves[i] === 1 ? (peers[b * nodeCount + a] as number) + (instances.memory[i] as number) : 0;
    const before = nodes.reserved[b] as number;
    const reserved = Math.max(before, need);
    counts += countsWithSecondary(state, b, reserved) - nodeCounts(state, b);
    if (reserved !== before && table.isOnline[b] === 1) {
      const old = centredReserve(state, table, b, before);
      const now = centredReserve(state, table, b, reserved);
      sum += now - old;
      squares += now * now - old * old;
    }
  }
  const inverse = 1 / table.online.length;
  const mean = sum * inverse;
  const variance = Math.max(0, squares * inverse - mean * mean);
  return counts + Math.sqrt(variance) + 0.25 * (sum + table.reservedSums.centre * table.online.length);
}

function centredReserve(state: ClusterState, table: ScoreTable, n: number, reserved: number): number {
  return reserved / (state.nodes.totalMemory[n] as number) - table.reservedSums.centre;
}
