import { createScoreTable, refreshNode, refreshTable, type ScoreTable, writeAmounts } from '../balance/score-table.ts';
import type { PreparedInstance } from '../cluster/prepare-cluster.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { instanceColumns, writeInstance } from '../state/instance-columns.ts';

/**
 * The deviations of the score, kept up to date while instances come. Row 0 of its amounts is the instance that is being placed;
 * two more rows with different quantities prevent that metrics are merged.
 */
export interface AllocationTable {
  readonly table: ScoreTable;
  readonly view: ClusterState;
  /** Updates since all values were last read from the state: updates have rounding errors. */
  stale: number;
}

export const prototype: PreparedInstance = {
  name: '',
  alias: '',
  memory: 13,
  disk: 17,
  disks: [{ size: 17, spindles: 19 }],
  vcpus: 23,
  status: 'running',
  autoBalance: true,
  primary: -1,
  secondary: -1,
  diskTemplate: 'drbd',
  spindleUse: 29,
  tags: [],
  nics: [],
  forthcoming: false,
  load: { cpu: 3, memory: 5, disk: 7, network: 11 },
  exclusionTags: [],
  desiredLocationTags: [],
  movable: false,
};

export function createAllocationTable(state: ClusterState): AllocationTable {
  const rows = [prototype, prototype, { ...prototype, forthcoming: true }];
  const view = { ...state, instances: instanceColumns(rows, rows.length) };
  return { table: createScoreTable(view, Int32Array.of(1, 2)), view, stale: 0 };
}

/** Writes what an instance adds to each metric as primary and as secondary; on nodes with exclusive storage the second ones. */
export function writeShape({ table, view }: AllocationTable, instance: PreparedInstance, primary: Amounts, secondary: Amounts): void {
  writeInstance(view.instances, 0, instance);
  writeAmounts(view, table, 0);
  for (const exclusive of [0, 1] as const) {
    primary[exclusive].set(table.primaryAmounts[exclusive].subarray(0, table.metrics));
    secondary[exclusive].set(table.secondaryAmounts[exclusive].subarray(0, table.metrics));
  }
}

type Amounts = readonly [Float64Array, Float64Array];

const mostUpdates = 256;

/** Takes over the values of two nodes that have changed. @returns whether those of all nodes were read anew */
export function updateTable(allocation: AllocationTable, state: ClusterState, p: number, s: number): boolean {
  if (++allocation.stale >= mostUpdates) {
    refreshTable(state, allocation.table);
    allocation.stale = 0;
    return true;
  }
  refreshNode(state, allocation.table, p);
  refreshNode(state, allocation.table, s);
  return false;
}
