import type { ClusterState } from '../state/cluster-state.ts';
import { mirror } from '../state/instance-columns.ts';

/**
 * Which nodes must not reboot together: `neighbours[v - first]` for the nodes from `first` on. A pair that several
 * instances bind is there several times, since Ganeti's colouring counts it so.
 */
export interface NodeGraph {
  readonly first: number;
  readonly neighbours: readonly (readonly number[])[];
}

/**
 * @param nodes those that take part, ascending; others between them are bare vertices, as in Ganeti
 * @param migrating instances are moved to their secondary nodes meanwhile: nodes with a common secondary exclude each other
 */
export function createNodeGraph(
  { instances, instanceCount, nodeCount }: ClusterState,
  nodes: readonly number[],
  migrating: boolean,
): NodeGraph {
  const first = nodes[0] as number;
  const last = nodes.at(-1) as number;
  const takesPart = new Uint8Array(nodeCount);
  for (const n of nodes) takesPart[n] = 1;
  const edges: (readonly [number, number])[] = [];
  const guests: number[][] = Array.from({ length: nodeCount }, () => []);
  for (let i = 0; i < instanceCount; i++) {
    if (instances.mirroring[i] !== mirror.internal) continue;
    const primary = instances.primary[i] as number;
    const secondary = instances.secondary[i] as number;
    edges.push([primary, secondary], [secondary, primary]);
    if (secondary >= 0 && instances.forthcoming[i] === 0) guests[secondary]?.unshift(primary);
  }
  if (migrating) edges.push(...sharedSecondaries(guests, edges, nodeCount));
  const neighbours: number[][] = Array.from({ length: last - first + 1 }, () => []);
  for (const [from, to] of edges) if (takesPart[from] === 1 && takesPart[to] === 1) neighbours[from - first]?.push(to);
  for (const list of neighbours) list.reverse();
  return { first, neighbours };
}

/** All pairs of primary nodes of the instances of one secondary, each once, a node with itself too. */
function sharedSecondaries(guests: readonly (readonly number[])[], known: readonly (readonly [number, number])[], nodeCount: number) {
  const seen = new Set(known.map(([from, to]) => from * nodeCount + to));
  return guests.flatMap((primaries) =>
    primaries.flatMap((from) =>
      primaries.flatMap((to) => {
        const key = from * nodeCount + to;
        if (seen.has(key)) return [];
        seen.add(key);
        return [[from, to] as const];
      }),
    ),
  );
}
