import type { ClusterState } from './cluster-state.ts';
import { addPrimary, addSecondary, removePrimary, removeSecondary } from './occupy.ts';

/** Takes an instance off its nodes. Its `primary` and `secondary` still say where it was. */
export function detach(state: ClusterState, i: number): void {
  const primary = state.instances.primary[i] as number;
  const secondary = state.instances.secondary[i] as number;
  if (primary >= 0) removePrimary(state, primary, i, secondary);
  if (secondary >= 0) removeSecondary(state, secondary, i, primary);
}

/** Puts a detached instance on nodes, unchecked. */
export function attach(state: ClusterState, i: number, primary: number, secondary: number): void {
  state.instances.primary[i] = primary;
  state.instances.secondary[i] = secondary;
  if (primary >= 0) addPrimary(state, primary, i, secondary);
  if (secondary >= 0) addSecondary(state, secondary, i, primary);
}

/** The changing columns of a few nodes as they were: takes back what adding and subtracting would only come near to. */
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

/** Restores every saved node. */
export function restore(state: ClusterState, backup: NodeBackup): void {
  const { changing } = state.nodes;
  for (let place = 0; place < backup.nodes.length; place++) {
    const n = backup.nodes[place] as number;
    if (n < 0) continue;
    for (let c = 0; c < changing.length; c++) (changing[c] as Float64Array)[n] = backup.values[place * changing.length + c] as number;
  }
}
