import { applyMove } from '../balance/apply-move.ts';
import { destination, type MoveKind, migrationsOf, moveKind } from '../balance/move.ts';
import type { RuleBook } from '../location/rule-book.ts';
import { hardRuleWeight } from '../location/rule-cost.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { failMode } from '../state/fail-mode.ts';
import { mirror } from '../state/instance-columns.ts';
import { clusterScore, scoreComponents, scoreValues } from '../state/score.ts';
import type { PlacedOn, PlannedMove } from './plan.ts';

export interface OrderOptions {
  readonly rules?: RuleBook | undefined;
  readonly ignoreSoftErrors?: boolean | undefined;
}

/** A move on the way of an instance to its goal. */
interface Step {
  readonly kind: MoveKind;
  readonly target: number;
}

/**
 * Finds an order of moves from the state to the goals in which every move is admitted and no hard rule gets worse. Of the
 * moves that are possible the one comes first after which the score is least. What stands in each other's way is left out.
 * The state and the rules end where the moves lead.
 */
export function orderMoves(
  state: ClusterState,
  goals: ReadonlyMap<number, PlacedOn>,
  { rules, ignoreSoftErrors = false }: OrderOptions = {},
): { readonly moves: readonly PlannedMove[]; readonly leftOut: readonly number[] } {
  const open = new Map(goals);
  const moves: PlannedMove[] = [];
  const change = new Float64Array(2);
  for (let progress = true; progress && open.size > 0; ) {
    progress = false;
    for (const [instance, goal] of [...open].sort(([a], [b]) => relief(state, b) - relief(state, a) || a - b)) {
      const step = nextStep(state, instance, goal);
      if (!step) {
        open.delete(instance);
        continue;
      }
      const move = tryStep(state, instance, step, rules, ignoreSoftErrors, change);
      if (!move) continue;
      moves.push(move);
      progress = true;
      if (!nextStep(state, instance, goal)) open.delete(instance);
    }
  }
  return { moves, leftOut: [...open.keys()] };
}

function tryStep(
  state: ClusterState,
  instance: number,
  { kind, target }: Step,
  rules: RuleBook | undefined,
  force: boolean,
  change: Float64Array,
): PlannedMove | undefined {
  const { instances } = state;
  const from = { primary: instances.primary[instance] as number, secondary: instances.secondary[instance] as number };
  const [primary, secondary] = destination(kind, from.primary, from.secondary, target);
  rules?.weigh(instance, primary, secondary, change);
  if (rules && (change[0] as number) > 0) return undefined;
  const migrations = migrationsOf(kind, from.primary, from.secondary, target);
  if (rules && migrations.some(([source, next]) => !rules.mayMigrate(instance, source, next))) return undefined;
  const before = scoreValues(state);
  if (applyMove(state, instance, kind, target, force) !== failMode.none) return undefined;
  rules?.place(instance, primary, secondary);
  return describe(state, instance, { kind, target }, from, before, rules);
}

/** The move as the plan has it. The state is the one after it. */
export function describe(
  state: ClusterState,
  instance: number,
  { kind, target }: Step,
  from: PlacedOn,
  before: readonly number[],
  rules?: RuleBook,
): PlannedMove {
  const { instances } = state;
  const copies = instances.mirroring[instance] === mirror.internal && target >= 0;
  const after = scoreValues(state);
  const improves = scoreComponents
    .map(({ name, weight }, k) => ({ name, by: weight * ((before[k] as number) - (after[k] as number)) }))
    .filter(({ by }) => by > 1e-9)
    .sort((a, b) => b.by - a.by);
  return {
    instance,
    kind,
    target,
    from,
    to: { primary: instances.primary[instance] as number, secondary: instances.secondary[instance] as number },
    score: clusterScore(state) + (rules ? rules.hard * hardRuleWeight + rules.soft : 0),
    data: copies ? (instances.disk[instance] as number) : 0,
    memory: instances.running[instance] === 1 ? (instances.memory[instance] as number) : 0,
    improves,
  };
}

/** How much a move away would help: memory is what most moves wait for. */
function relief({ nodes, instances }: ClusterState, i: number): number {
  const n = instances.primary[i] as number;
  return (nodes.instanceMemory[n] as number) / (nodes.room[n] as number);
}

/** The next move of an instance towards its goal; undefined when it is there. */
export function nextStep({ instances }: ClusterState, i: number, goal: PlacedOn): Step | undefined {
  const p = instances.primary[i] as number;
  const s = instances.secondary[i] as number;
  if (p === goal.primary && s === goal.secondary) return undefined;
  if (instances.mirroring[i] === mirror.external) return { kind: moveKind.failoverToAny, target: goal.primary };
  if (goal.primary === s && goal.secondary === p) return { kind: moveKind.failover, target: -1 };
  if (goal.primary === p) return { kind: moveKind.replaceSecondary, target: goal.secondary };
  if (goal.secondary === p) return { kind: moveKind.replaceAndFailover, target: goal.primary };
  if (goal.primary === s) return { kind: moveKind.failoverAndReplace, target: goal.secondary };
  if (goal.secondary === s) return { kind: moveKind.replacePrimary, target: goal.primary };
  // Both are new: the new primary takes the disks as secondary, becomes primary, and hands the other copy on.
  return { kind: moveKind.replaceSecondary, target: goal.primary };
}
