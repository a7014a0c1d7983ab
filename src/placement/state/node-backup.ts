import type { ClusterState } from './cluster-state.ts';

/** The changing columns of a few nodes as they were. Restoring them is exact, while adding and subtracting has rounding errors. */
export interface NodeBackup {
  readonly nodes: Int32Array;
  readonly values: Float64Array;
}

export function createBackup(state: ClusterState, most: number): NodeBackup {
  return { nodes: new Int32Array(most).fill(-1), values: new Float64Array(most * state.nodes.changing.length) };
}

/** Saves a node in one of the places of the backup; -1 saves nothing. */
export function save(state: ClusterState, backup: NodeBackup, place: number, n: number): void {
  const { changing } = state.nodes;
  backup.nodes[place] = n;
  if (n < 0) return;
  for (let c = 0; c < changing.length; c++) backup.values[place * changing.length + c] = (changing[c] as Float64Array)[n] as number;
}

/**
 * A backup of these nodes, -1 for none. What an instance changes is not always taken back by its going: spindles that it
 * does not tell count only when it comes.
 */
export function backupOf(state: ClusterState, nodes: readonly number[]): NodeBackup {
  const backup = createBackup(state, nodes.length);
  for (let place = 0; place < nodes.length; place++) save(state, backup, place, nodes[place] as number);
  return backup;
}

/** Restores every saved node. */
export function restore(state: ClusterState, backup: NodeBackup): void {
  const { changing } = state.nodes;
  for (let place = 0; place < backup.nodes.length; place++) {
    const n = backup.nodes[place] as number;
    if (n < 0) continue;
    for (let c = 0; c < changing.length; c++) (changing[c] as Float64Array)[n] = backup.values[place * changing.length + c] as number;
  }
}
