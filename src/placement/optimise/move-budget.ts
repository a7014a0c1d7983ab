import type { ClusterState } from '../state/cluster-state.ts';
import { mirror } from '../state/instance-columns.ts';

/** Counts moves and copied data between where instances were and where they are. */
export interface MoveBudget {
  readonly primary: Int32Array;
  readonly secondary: Int32Array;
  readonly maxMoves: number;
  /** MiB. */
  readonly maxData: number;
  moves: number;
  data: number;
  /** What was really made so far: an instance may have moved more than once. */
  readonly spent: { moves: number; data: number };
}

export function createMoveBudget(
  { instances }: ClusterState,
  maxMoves = Number.POSITIVE_INFINITY,
  maxData = Number.POSITIVE_INFINITY,
): MoveBudget {
  return {
    primary: instances.primary.slice(),
    secondary: instances.secondary.slice(),
    maxMoves,
    maxData,
    moves: 0,
    data: 0,
    spent: { moves: 0, data: 0 },
  };
}

export const isExceeded = ({ moves, data, maxMoves, maxData }: MoveBudget): boolean => moves > maxMoves || data > maxData;

/** Adds (1) or takes away (-1) what an instance costs where it is now. */
export function account(budget: MoveBudget, { instances }: ClusterState, i: number, sign: 1 | -1): void {
  const [p, s] = [instances.primary[i] as number, instances.secondary[i] as number];
  const [wasP, wasS] = [budget.primary[i] as number, budget.secondary[i] as number];
  if (p === wasP && s === wasS) return;
  const fresh = Number(p !== wasP && p !== wasS) + Number(s !== wasP && s !== wasS);
  budget.moves += sign * Math.max(1, fresh);
  if (instances.mirroring[i] === mirror.internal) budget.data += sign * fresh * (instances.disk[i] as number);
}
