import type { ClusterData, ClusterState } from '../../../placement/index.ts';

/** A cluster as data, with its nodes and instances as a state has them; nodes outside of its scope are left out. */
export function allocatedData(data: ClusterData, state: ClusterState): ClusterData {
  const { nodes, scope } = state;
  const position = new Map([...scope].map((n, k) => [n, k]));
  return {
    ...data,
    nodes: [...scope].map((n) => ({
      ...(data.nodes[n] as ClusterData['nodes'][number]),
      offline: nodes.offline[n] === 1,
      freeDisk: nodes.freeDisk[n] as number,
      freeSpindles: nodes.freeSpindles[n] as number,
    })),
    instances: state.data.instances.flatMap((instance) => {
      const primary = position.get(instance.primary);
      return primary === undefined ? [] : [{ ...instance, primary, secondary: position.get(instance.secondary) ?? -1 }];
    }),
  };
}
