import type { ClusterState, PreparedCluster } from '../../placement/index.ts';

/** Positions of the groups that have nodes. */
export function groupsWithNodes({ nodes }: PreparedCluster): number[] {
  return [...new Set(nodes.map(({ group }) => group))].sort((a, b) => a - b);
}

/** Positions of the instances whose primary node is in the scope of a state. */
export function instancesInScope({ instances, scope, instanceCount }: ClusterState): number[] {
  const inScope = new Set(scope);
  return Array.from({ length: instanceCount }, (_, i) => i).filter((i) => inScope.has(instances.primary[i] as number));
}

/** Names of the instances whose two nodes are in different groups. */
export function splitInstances({ nodes, instances }: PreparedCluster): string[] {
  return instances
    .filter(({ primary, secondary }) => secondary >= 0 && nodes[primary]?.group !== nodes[secondary]?.group)
    .map(({ name }) => name);
}

/** What in the scope of a state is not N+1: nodes that are online, and how many instances they have. */
export function badItems(state: ClusterState): { readonly nodes: readonly number[]; readonly instances: number } {
  const { nodes, instances, scope, instanceCount } = state;
  const bad = Array.from(scope).filter((n) => nodes.offline[n] === 0 && nodes.failN1[n] === 1);
  const isBad = new Set(bad);
  let count = 0;
  for (let i = 0; i < instanceCount; i++) {
    const touched = isBad.has(instances.primary[i] as number) || isBad.has(instances.secondary[i] as number);
    if (touched && instances.forthcoming[i] === 0) count++;
  }
  return { nodes: bad, instances: count };
}
