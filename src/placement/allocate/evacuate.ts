import { type DiskTemplate, mirroringOf } from '../../model/disk-templates/catalogue.ts';
import { allowsWay } from '../balance/allows-way.ts';
import { admitMove, applyMove, tryPlacement } from '../balance/apply-move.ts';
import { destination, type MoveKind, type MoveStep, moveKind } from '../balance/move.ts';
import { noNode } from '../cluster/cluster-data.ts';
import type { PreparedInstance } from '../cluster/prepare-cluster.ts';
import { createRuleChange, type RuleBook } from '../location/rule-book.ts';
import { hardRuleWeight } from '../location/rule-cost.ts';
import { admitSecondary } from '../state/admit.ts';
import { attach, detach } from '../state/attach.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { failMode, failNames } from '../state/fail-mode.ts';
import { mirror } from '../state/instance-columns.ts';
import { backupOf, createBackup, restore, save } from '../state/node-backup.ts';
import { boundPlaces } from './bound-places.ts';
import { findBestPairs } from './find-bounded.ts';
import { groupScore, nodesOfGroup } from './group-score.ts';
import { createSearch } from './search.ts';
import { weighingOf } from './weighing.ts';

/** Which nodes of an instance change. */
export type EvacuationMode = 'primary-only' | 'secondary-only' | 'all';

/** What evacuation respects. */
export interface EvacuationLimits {
  /** Policy limits and N+1 are ignored. */
  readonly force: boolean;
  /** Rules of location; they are updated with each move. */
  readonly rules?: RuleBook | undefined;
}

/** What becomes of one instance. */
export type Evacuation =
  | { readonly instance: number; readonly steps: readonly MoveStep[]; readonly group: number; readonly nodes: readonly number[] }
  | { readonly instance: number; readonly failure: string };

/**
 * Moves instances off their nodes one after the other, each to where the score of its group is then best. The nodes that
 * the others are to leave are no targets. The state is changed.
 * @param instances positions
 */
export function evacuate(state: ClusterState, instances: readonly number[], mode: EvacuationMode, limits: EvacuationLimits): Evacuation[] {
  const left = nodesToLeave(state, instances, mode);
  return instances.map((i): Evacuation => {
    const primary = state.instances.primary[i] as number;
    // A rule may have the two nodes in different groups; Ganeti takes the new secondary from that of the primary.
    const kept = limits.rules && mode === 'secondary-only' ? (state.instances.secondary[i] as number) : primary;
    const group = state.nodes.group[kept >= 0 ? kept : primary] as number;
    const targets = nodesOfGroup(state, group).filter((n) => !left.has(n) && n !== primary && state.nodes.offline[n] === 0);
    return evacuateInstance(state, i, mode, group, targets, limits);
  });
}

function nodesToLeave({ instances }: ClusterState, evacuated: readonly number[], mode: EvacuationMode): ReadonlySet<number> {
  const mirrored = (i: number) => instances.mirroring[i] === mirror.internal;
  const primaries = mode === 'secondary-only' ? [] : evacuated.map((i) => instances.primary[i] as number);
  const secondaries = mode === 'primary-only' ? [] : evacuated.filter(mirrored).map((i) => instances.secondary[i] as number);
  return new Set([...primaries, ...secondaries]);
}

/** Moves one instance to nodes among `targets`, all of them in `group`. */
export function evacuateInstance(
  state: ClusterState,
  i: number,
  mode: EvacuationMode,
  group: number,
  targets: Int32Array,
  limits: EvacuationLimits,
): Evacuation {
  const template = state.data.instances[i]?.diskTemplate as DiskTemplate;
  const failed = (failure: string): Evacuation => ({ instance: i, failure });
  if (mirroringOf(template) === 'none') return failed(`Instances of type ${template} cannot be relocated`);
  if (mirroringOf(template) === 'external') {
    if (mode === 'secondary-only') return failed(`Instances with disk template '${template}' can't execute change secondary`);
    return oneNode(state, i, moveKind.failoverToAny, group, targets, limits);
  }
  if (mode === 'secondary-only') return oneNode(state, i, moveKind.replaceSecondary, group, targets, limits);
  if (mode === 'all') return bothNodes(state, i, group, targets, limits);
  const broken = brokenRule(state, i, [failover], limits);
  if (broken !== undefined) return failed(broken);
  const refusal = applyMove(state, i, moveKind.failover, -1, limits.force);
  return refusal === failMode.none ? moved(state, i, [failover], limits) : failed(failNames[refusal]);
}

/** Records the move and updates the rules. */
function moved(state: ClusterState, i: number, steps: readonly MoveStep[], { rules }: EvacuationLimits): Evacuation {
  const primary = state.instances.primary[i] as number;
  const secondary = state.instances.secondary[i] as number;
  rules?.place(i, primary, secondary);
  const nodes = state.instances.mirroring[i] === 1 ? [primary, secondary] : [primary];
  return { instance: i, steps, group: state.nodes.group[primary] as number, nodes };
}

/** Name of the hard rule that would be broken, or broken more than now, at the end of a move or between its steps. */
function brokenRule({ instances }: ClusterState, i: number, way: readonly MoveStep[], { rules }: EvacuationLimits): string | undefined {
  if (!rules) return undefined;
  const change = createRuleChange();
  let at: readonly [number, number] = [instances.primary[i] as number, instances.secondary[i] as number];
  for (const { kind, target } of way) {
    const isAllowed = allowsWay(rules, i, kind, ...at, target, change);
    at = destination(kind, ...at, target);
    if (!isAllowed) return rules.explain(i, ...at).find(({ hard }) => hard)?.rule ?? 'no migration to there';
  }
  return undefined;
}

/** What rules add to the score when the instance goes there. */
function ruleChange(i: number, primary: number, secondary: number, { rules }: EvacuationLimits): number {
  if (!rules) return 0;
  const change = createRuleChange();
  rules.weigh(i, primary, secondary, change);
  return (change[0] as number) * hardRuleWeight + (change[1] as number);
}

/** The target with the best score; of equals the last. */
function oneNode(state: ClusterState, i: number, kind: MoveKind, group: number, targets: Int32Array, limits: EvacuationLimits): Evacuation {
  const scope = nodesOfGroup(state, group);
  let failure = '';
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (const target of targets) {
    const outcome = tryMove(state, i, { kind, target }, limits, scope);
    if ('problem' in outcome) failure += ` Node ${state.data.nodes[target]?.name} failed: ${outcome.problem};`;
    else if (!(least < outcome.score)) [best, least] = [target, outcome.score];
  }
  if (best < 0) return { instance: i, failure: `Can't find any good node: ${failure}` };
  applyMove(state, i, kind, best, limits.force);
  return moved(state, i, [{ kind, target: best }], limits);
}

function tryMove(
  state: ClusterState,
  i: number,
  step: MoveStep,
  limits: EvacuationLimits,
  scope: Int32Array,
): { readonly problem: string } | { readonly score: number } {
  const { kind, target } = step;
  const primary = state.instances.primary[i] as number;
  const secondary = state.instances.secondary[i] as number;
  const backup = createBackup(state, 2);
  save(state, backup, 0, primary);
  save(state, backup, 1, secondary);
  detach(state, i);
  const refusal = admitMove(state, i, kind, target, limits.force);
  const to = destination(kind, primary, secondary, target);
  const problem = refusal === failMode.none ? brokenRule(state, i, [step], limits) : failNames[refusal];
  const score = problem === undefined ? tryPlacement(state, i, ...to, () => groupScore(state, scope)) : 0;
  attach(state, i, primary, secondary);
  restore(state, backup);
  return problem === undefined ? { score: score + ruleChange(i, ...to, limits) } : { problem };
}

/** The best pair of new nodes; of equals the last. */
function bothNodes(state: ClusterState, i: number, group: number, targets: Int32Array, limits: EvacuationLimits): Evacuation {
  const scope = nodesOfGroup(state, group);
  const ways = waysFor(state, i, limits);
  let best: readonly MoveStep[] | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const [p, s] of bestPairs(state, i, targets, scope, ways, limits)) {
    for (const wayTo of ways) {
      const outcome = tryWay(state, i, wayTo(p, s), limits, () => groupScore(state, scope));
      if ('problem' in outcome) continue;
      if (!(least < outcome.seen)) [best, least] = [wayTo(p, s), outcome.seen];
      break;
    }
  }
  if (!best) {
    const last = targets.slice(-2);
    const [s = noNode, p = noNode] = last;
    const refusal = last.length < 2 ? undefined : tryWay(state, i, (ways[0] as Way)(p, s), limits, () => 0);
    const failure = refusal && 'problem' in refusal ? `Allocation failed: ${refusal.problem}` : 'no nodes available';
    return { instance: i, failure: `Can't find any good nodes for relocation: ${failure}` };
  }
  walk(state, i, best, limits.force);
  return moved(state, i, best, limits);
}

/** The steps to a new primary and, if there is one, a new secondary. */
type Way = (primary: number, secondary: number) => readonly MoveStep[];

const direct: Way = (p, s) => [
  { kind: moveKind.replaceSecondary, target: p },
  failover,
  ...(s >= 0 ? [{ kind: moveKind.replaceSecondary, target: s }] : []),
];

/** The instance runs on its old secondary while its disks are copied. */
const bySecondary: Way = (p, s) => [failover, ...direct(p, s)];

/**
 * Ganeti uses the way through the secondary only if the primary is offline. It may also be the only way if rules forbid the
 * direct one.
 */
function waysFor({ nodes, instances }: ClusterState, i: number, { rules }: EvacuationLimits): readonly Way[] {
  if (nodes.offline[instances.primary[i] as number] === 1) return [bySecondary];
  return rules && nodes.offline[instances.secondary[i] as number] === 0 ? [direct, bySecondary] : [direct];
}

/** What it would be like at the end of the way, with what rules add; everything is as before afterwards. */
function tryWay(
  state: ClusterState,
  i: number,
  steps: readonly MoveStep[],
  limits: EvacuationLimits,
  look: () => number,
): { readonly problem: string } | { readonly seen: number } {
  const broken = brokenRule(state, i, steps, limits);
  if (broken !== undefined) return { problem: broken };
  const from = [state.instances.primary[i] as number, state.instances.secondary[i] as number] as const;
  const touched = new Set([...from, ...steps.map(({ target }) => target)]);
  const backup = backupOf(state, [...touched]);
  const problem = walk(state, i, steps, limits.force);
  const [p, s] = [state.instances.primary[i] as number, state.instances.secondary[i] as number];
  const seen = problem === undefined ? look() + ruleChange(i, p, s, limits) : 0;
  detach(state, i);
  attach(state, i, ...from);
  restore(state, backup);
  return problem === undefined ? { seen } : { problem };
}

/**
 * The pairs among which the best one is, in order. Whether a node can be the new primary does not depend on the secondary;
 * that is found by going there.
 */
function bestPairs(
  state: ClusterState,
  i: number,
  targets: Int32Array,
  scope: Int32Array,
  ways: readonly Way[],
  limits: EvacuationLimits,
): (readonly [number, number])[] {
  const { instances, tags, data } = state;
  const instance = data.instances[i] as PreparedInstance;
  const { force } = limits;
  const primaries = targets.filter((p) => ways.some((wayTo) => !('problem' in tryWay(state, i, wayTo(p, noNode), limits, () => 0))));
  // Conflicts of failure domains are counted in the whole cluster, and here those in the group matter.
  if (tags.words > 0 && tags.exclusionCount > 0 && scope.length < state.scope.length)
    return [...primaries].flatMap((p) => [...targets].flatMap((s) => (s === p ? [] : [[p, s] as const])));
  const from = [instances.primary[i] as number, instances.secondary[i] as number] as const;
  const backup = backupOf(state, from);
  detach(state, i);
  // What an instance leaves last on its way is its first node, or the second if the first is offline.
  const lenient = force || from.every((n) => state.nodes.offline[n] === 1);
  const search = { ...createSearch({ ...state, scope }, force, limits.rules), lenient };
  const admitted = targets.filter((s) => admitSecondary(state, s, i, s, lenient, false) === failMode.none);
  search.weighing = weighingOf(search.weighings, state, search.allocation, instance);
  boundPlaces(search, { row: i, instance }, primaries, admitted);
  const pairs = findBestPairs(search, { row: i, instance }, primaries, admitted);
  attach(state, i, ...from);
  restore(state, backup);
  return pairs.map(({ primary, secondary }) => [primary, secondary] as const).reverse();
}

const failover: MoveStep = { kind: moveKind.failover, target: noNode };

const stepNames = ['Changing secondary to new primary', 'Failing over to new primary', 'Changing secondary to final secondary'];

/** Makes the moves. @returns why one of them is not possible, with those before it made */
function walk(state: ClusterState, i: number, way: readonly MoveStep[], force: boolean): string | undefined {
  const first = way[0]?.kind === moveKind.failover ? 1 : 0;
  for (const [k, { kind, target }] of way.entries()) {
    const refusal = applyMove(state, i, kind, target, force);
    if (refusal !== failMode.none) return `${stepNames[k - first] ?? 'Failing over to the secondary'}: ${failNames[refusal]}`;
  }
  return undefined;
}
