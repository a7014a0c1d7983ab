import type { Base } from '../balance/deviations.ts';
import type { PreparedInstance } from '../cluster/prepare-cluster.ts';
import { createRuleChange, type RuleBook } from '../location/rule-book.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { nodeCounts } from '../state/counts.ts';
import { createBackup, type NodeBackup } from '../state/node-backup.ts';
import { type AllocationTable, createAllocationTable, prototype, updateTable } from './allocation-table.ts';
import { forgetNode, forgetNodes, type Weighing, weighingOf } from './weighing.ts';

/** What a search for a place works with: allocated once for a state. */
export interface Search {
  readonly state: ClusterState;
  readonly allocation: AllocationTable;
  readonly rules: RuleBook | undefined;
  /** Policy limits of the primary node and N+1 are ignored. */
  readonly force: boolean;
  /** The secondary need not have the memory for all instances of the primary together. */
  readonly lenient: boolean;
  /** Of the instance that was weighed last. */
  weighing: Weighing;
  /** Of the shapes that were weighed, the last first. */
  readonly weighings: Weighing[];
  /** Counts of the score by node, NaN outside of the scope, and their sum. */
  readonly counts: { readonly byNode: Float64Array; total: number };
  /** How often something came or went. */
  changes: number;
  /** Of the score without the instance, what is no deviation. */
  readonly base: Base;
  readonly weighed: Float64Array;
  /** Of two nodes while a place is tried. */
  readonly backup: NodeBackup;
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
  const weighings: Weighing[] = [];
  const byNode = new Float64Array(state.nodeCount).fill(Number.NaN);
  for (const n of state.scope) byNode[n] = nodeCounts(state, n);
  return {
    state,
    allocation,
    rules,
    force,
    lenient: false,
    weighings,
    weighing: weighingOf(weighings, state, allocation, prototype),
    counts: { byNode, total: state.scope.reduce((sum, n) => sum + (byNode[n] as number), 0) },
    changes: 0,
    base: { reservedSum: 0, reservedSquares: 0, counts: 0 },
    weighed: createRuleChange(),
    backup: createBackup(state, 2),
    inScope: [...new Set([...state.scope].map((n) => state.nodes.group[n] as number))].sort((a, b) => a - b),
    online: new Map(
      [...Map.groupBy(online, (n) => state.nodes.group[n] as number)].map(([group, nodes]) => [group, Int32Array.from(nodes)]),
    ),
  };
}

/** Takes over what has changed on the nodes of an instance, which may be `noNode`. */
export function noteChange(search: Search, primary: number, secondary: number): void {
  const { state, allocation, weighings } = search;
  search.changes++;
  recount(search, primary);
  recount(search, secondary);
  const anew = updateTable(allocation, state, primary, secondary);
  for (const weighing of weighings) {
    weighing.age++;
    if (anew) forgetNodes(weighing);
    else {
      forgetNode(weighing, primary);
      forgetNode(weighing, secondary);
    }
  }
}

function recount({ state, counts }: Search, n: number): void {
  if (n < 0 || Number.isNaN(counts.byNode[n])) return;
  const count = nodeCounts(state, n);
  counts.total += count - (counts.byNode[n] as number);
  counts.byNode[n] = count;
}
