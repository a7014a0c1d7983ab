import type { ClusterData, ClusterState } from '../../placement/index.ts';
import { instancesInScope } from './groups.ts';

/**
 * The group that was balanced, as data of a cluster: its nodes and instances as they would be after the moves. A node of
 * another group comes along when an instance has its other half there.
 */
export function balancedData(data: ClusterData, state: ClusterState): ClusterData {
  const { instances, nodes } = state;
  const kept = instancesInScope(state);
  const used = new Set([...state.scope, ...kept.map((i) => instances.secondary[i] as number).filter((n) => n >= 0)]);
  const order = [...used].sort((a, b) => a - b);
  const place = (n: number) => order.indexOf(n);
  return {
    ...data,
    nodes: order.map((n) => ({
      ...(data.nodes[n] as ClusterData['nodes'][number]),
      offline: nodes.offline[n] === 1,
      freeDisk: nodes.freeDisk[n] as number,
      freeSpindles: nodes.freeSpindles[n] as number,
    })),
    instances: kept.map((i) => ({
      ...(data.instances[i] as ClusterData['instances'][number]),
      primary: place(instances.primary[i] as number),
      secondary: place(instances.secondary[i] as number),
    })),
  };
}
