import type { Move } from '../balance/move.ts';
import type { ClusterState } from '../state/cluster-state.ts';

/** A choice of nodes, and the moves for it on a state of its own. */
export interface Choice {
  readonly nodes: readonly number[];
  readonly moves: readonly Move[];
  readonly state: ClusterState;
  readonly reached: boolean;
}
