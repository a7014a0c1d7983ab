import type { ClusterState } from '../state/cluster-state.ts';

/** So many of these instances must not be disturbed at the same time as the others. */
export interface ServiceMinimum {
  readonly name: string;
  /** Positions. */
  readonly members: Int32Array;
  readonly minimumAlive: number;
}

/**
 * Cuts a group so that no part holds so many members of a service that less than its minimum would be elsewhere. A node
 * that alone holds too many is a part by itself: it has to reboot some time.
 */
export function keepServices({ instances }: ClusterState, group: readonly number[], services: readonly ServiceMinimum[]): number[][] {
  if (services.length === 0) return [[...group]];
  const held = services.map(({ members }) => {
    const byNode = new Map<number, number>();
    for (const i of members) byNode.set(instances.primary[i] as number, (byNode.get(instances.primary[i] as number) ?? 0) + 1);
    return byNode;
  });
  const parts: { nodes: number[]; disturbed: number[] }[] = [];
  for (const node of group) {
    const adds = held.map((byNode) => byNode.get(node) ?? 0);
    const fits = ({ disturbed }: { disturbed: number[] }) =>
      services.every(({ members, minimumAlive }, s) => {
        const added = adds[s] as number;
        return added === 0 || members.length - (disturbed[s] as number) - added >= minimumAlive;
      });
    const part = parts.find(fits);
    if (part) {
      part.nodes.push(node);
      adds.forEach((added, s) => void (part.disturbed[s] = (part.disturbed[s] as number) + added));
    } else parts.push({ nodes: [node], disturbed: adds });
  }
  return parts.map(({ nodes }) => nodes);
}
