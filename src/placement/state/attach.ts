import { addPrimary, addSecondary, removePrimary, removeSecondary } from './add-primary.ts';
import type { ClusterState } from './cluster-state.ts';

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
