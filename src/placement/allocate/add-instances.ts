import type { InstanceData } from '../cluster/cluster-data.ts';
import { type PreparedCluster, type PreparedInstance, prepareCluster } from '../cluster/prepare-cluster.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { createState } from '../state/create-state.ts';

/** An instance that is not in the cluster yet, with the meaning that the cluster's tags give to its tags. */
export function prepareInstance(cluster: PreparedCluster, instance: InstanceData): PreparedInstance {
  return prepareCluster({ ...cluster, nodes: [], instances: [instance] }).instances[0] as PreparedInstance;
}

/**
 * The state with these instances instead of its own (the first ones are the same), and with `spare` free rows. Nodes do not
 * change. The old state must not be used any more.
 */
export function withInstances(state: ClusterState, instances: readonly PreparedInstance[], spare: number): ClusterState {
  const next = createState({ ...state.data, instances }, { spareInstances: spare });
  for (const [name, column] of Object.entries(state.nodes)) {
    if (ArrayBuffer.isView(column)) next.nodes[name as 'freeDisk'].set(column as Float64Array);
  }
  next.tags.domainConflicts.set(state.tags.domainConflicts);
  return { ...next, scope: state.scope };
}
