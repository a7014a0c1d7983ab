import { allowsWay } from '../balance/allows-way.ts';
import { applyMove } from '../balance/apply-move.ts';
import type { MoveStep } from '../balance/move.ts';
import { createRuleChange, type RuleBook } from '../location/rule-book.ts';
import { ruleCost } from '../location/rule-cost.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { failMode } from '../state/fail-mode.ts';
import { scoreComponents, scoreValues } from '../state/score.ts';
import type { PlannedMove } from './plan.ts';
import { sizeOfMove } from './transfers.ts';

/** One move, not yet tried. */
export interface Step extends MoveStep {
  readonly instance: number;
}

export interface PlanLimits {
  readonly rules?: RuleBook | undefined;
  readonly ignoreSoftErrors?: boolean | undefined;
  readonly maxMoves?: number | undefined;
  /** Most MiB that are copied. */
  readonly maxData?: number | undefined;
}

/** Makes moves on a state and keeps them as a plan has them. The rules go along with the state. */
export interface PlanMaker {
  readonly state: ClusterState;
  readonly moves: readonly PlannedMove[];
  /** MiB that all moves so far copy. */
  readonly data: number;
  /**
   * Makes a move if it is within the limits, admitted, and breaks no hard rule more than before, neither at its end nor between
   * its steps.
   * @returns whether it was made
   */
  make(step: Step): boolean;
}

export function createPlanMaker(state: ClusterState, limits: PlanLimits = {}): PlanMaker {
  const { rules, ignoreSoftErrors = false, maxMoves = Number.POSITIVE_INFINITY, maxData = Number.POSITIVE_INFINITY } = limits;
  const { instances } = state;
  const moves: PlannedMove[] = [];
  const change = createRuleChange();
  let values = scoreValues(state);
  let data = 0;
  const isAllowed = ({ instance, kind, target }: Step): boolean => {
    const [p, s] = [instances.primary[instance] as number, instances.secondary[instance] as number];
    return !rules || allowsWay(rules, instance, kind, p, s, target, change);
  };
  return {
    state,
    moves,
    get data() {
      return data;
    },
    make(step) {
      const { instance, kind, target } = step;
      const { data: copied, memory } = sizeOfMove(state, instance, target);
      if (moves.length >= maxMoves || data + copied > maxData) return false;
      const from = { primary: instances.primary[instance] as number, secondary: instances.secondary[instance] as number };
      if (!isAllowed(step) || applyMove(state, instance, kind, target, ignoreSoftErrors) !== failMode.none) return false;
      const to = { primary: instances.primary[instance] as number, secondary: instances.secondary[instance] as number };
      rules?.place(instance, to.primary, to.secondary);
      const before = values;
      values = scoreValues(state);
      const improves = scoreComponents
        .map(({ name, weight }, k) => ({ name, by: weight * ((before[k] as number) - (values[k] as number)) }))
        .filter(({ by }) => by > 1e-9)
        .sort((a, b) => b.by - a.by);
      const score = scoreComponents.reduce((sum, { weight }, k) => sum + weight * (values[k] as number), 0) + ruleCost(rules);
      data += copied;
      moves.push({ instance, kind, target, from, to, score, data: copied, memory, improves });
      return true;
    },
  };
}
