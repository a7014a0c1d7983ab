import type { Base } from '../balance/best-move.ts';
import type { PreparedInstance } from '../cluster/prepare-cluster.ts';
import type { RuleBook } from '../location/rule-book.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { scoreCounts } from '../state/counts.ts';
import { type AllocationTable, createAllocationTable } from './allocation-table.ts';

/** What a search for a place works with: allocated once for a state. */
export interface Search {
  readonly state: ClusterState;
  readonly allocation: AllocationTable;
  readonly rules: RuleBook | undefined;
  /** Policy limits of the primary node and N+1 are passed over. */
  readonly force: boolean;
  /** Why a node is no primary, or no secondary whatever the primary: a fail mode. By node. */
  readonly refusals: Uint8Array;
  readonly secondaryRefusals: Uint8Array;
  /** What the instance adds to the sums and squares of the metrics in each role. By node. */
  readonly primaryParts: Float64Array;
  readonly secondaryParts: Float64Array;
  /** A score is not below `floor` + `primaryBounds[p]` + `secondaryBounds[s]`. */
  readonly primaryBounds: Float64Array;
  readonly secondaryBounds: Float64Array;
  floor: number;
  /** Of the score without the instance, what is no deviation. */
  readonly base: Base;
  readonly weighed: Float64Array;
  /** The nodes of the scope that are online, by group. */
  readonly online: ReadonlyMap<number, Int32Array>;
  /** Groups with nodes in the scope, ascending. */
  readonly inScope: readonly number[];
}

/** The instance that is being placed: its row in the state, and what it is. */
export interface Wanted {
  readonly row: number;
  readonly instance: PreparedInstance;
}

/** A place with the score of the cluster after it. `secondary` may be `noNode`. */
export interface Place {
  readonly primary: number;
  readonly secondary: number;
  readonly score: number;
}

export function createSearch(state: ClusterState, force: boolean, rules: RuleBook | undefined): Search {
  const allocation = createAllocationTable(state);
  const online = state.scope.filter((n) => state.nodes.offline[n] === 0);
  const parts = () => new Float64Array(2 * state.nodeCount * allocation.table.metrics);
  return {
    state,
    allocation,
    rules,
    force,
    refusals: new Uint8Array(state.nodeCount),
    secondaryRefusals: new Uint8Array(state.nodeCount),
    primaryParts: parts(),
    secondaryParts: parts(),
    primaryBounds: new Float64Array(state.nodeCount),
    secondaryBounds: new Float64Array(state.nodeCount),
    floor: 0,
    base: { reservedSum: 0, reservedSquares: 0, counts: scoreCounts(state), rules: 0 },
    weighed: new Float64Array(2),
    inScope: [...new Set([...state.scope].map((n) => state.nodes.group[n] as number))].sort((a, b) => a - b),
    online: new Map(
      [...Map.groupBy(online, (n) => state.nodes.group[n] as number)].map(([group, nodes]) => [group, Int32Array.from(nodes)]),
    ),
  };
}
