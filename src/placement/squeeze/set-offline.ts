import { addPrimary, removePrimary } from '../state/add-primary.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { createBackup, restore, save } from '../state/node-backup.ts';

/** Takes a node off the cluster, or back, with what is on it: its instances count in the score accordingly. */
export function setOffline(state: ClusterState, n: number, offline: boolean): void {
  const { nodes, instances } = state;
  const backup = createBackup(state, 1);
  save(state, backup, 0, n);
  // Conflicts of failure domains are counted over online nodes, so what is here leaves them and comes back.
  const here: number[] = [];
  for (let i = 0; i < state.instanceCount; i++) if (instances.primary[i] === n) here.push(i);
  for (const i of here) removePrimary(state, n, i, instances.secondary[i] as number);
  nodes.offline[n] = Number(offline);
  nodes.counted[n] = Number(!offline);
  for (const i of here) addPrimary(state, n, i, instances.secondary[i] as number);
  restore(state, backup);
}
