import type { NodeGraph } from './node-graph.ts';

/** A way to colour a graph and what it gives: the nodes of each colour, ascending. */
export interface Colouring {
  readonly name: string;
  readonly groups: readonly (readonly number[])[];
}

/** The three greedy colourings, in Ganeti's order: the first with the fewest colours is used. Source: hroller(1). */
export function colourGraph(graph: NodeGraph): readonly Colouring[] {
  return [
    { name: 'LF', groups: groupsOf(graph, largestFirst(graph)) },
    { name: 'Dsatur', groups: groupsOf(graph, dynamic(graph, true)) },
    { name: 'Dcolor', groups: groupsOf(graph, dynamic(graph, false)) },
  ];
}

/** The least colour that no neighbour has. */
function leastColour({ first, neighbours }: NodeGraph, colours: Int32Array, v: number): number {
  const taken = new Set(neighbours[v]?.map((n) => colours[n - first] as number));
  let colour = 0;
  while (taken.has(colour)) colour++;
  return colour;
}

/** Those with the most neighbours first; of equals the last. */
function largestFirst(graph: NodeGraph): Int32Array {
  const { neighbours } = graph;
  const colours = new Int32Array(neighbours.length).fill(-1);
  const order = [...neighbours.keys()].sort((a, b) => degree(graph, b) - degree(graph, a) || b - a);
  for (const v of order) colours[v] = leastColour(graph, colours, v);
  return colours;
}

const degree = ({ neighbours }: NodeGraph, v: number): number => neighbours[v]?.length ?? 0;

/** Next the one with the most coloured neighbours (`distinct`: with the most colours around it), then the most neighbours; of equals the last. */
function dynamic(graph: NodeGraph, distinct: boolean): Int32Array {
  const { first, neighbours } = graph;
  const colours = new Int32Array(neighbours.length).fill(-1);
  const around = new Int32Array(neighbours.length);
  const seen = neighbours.map(() => new Set<number>());
  for (let left = neighbours.length; left > 0; left--) {
    let next = -1;
    for (let v = 0; v < neighbours.length; v++) {
      if (colours[v] !== -1) continue;
      const more = next < 0 ? 1 : (around[v] as number) - (around[next] as number) || degree(graph, v) - degree(graph, next);
      if (more >= 0) next = v;
    }
    const colour = leastColour(graph, colours, next);
    colours[next] = colour;
    for (const n of neighbours[next] ?? []) {
      const v = n - first;
      if (distinct && seen[v]?.has(colour)) continue;
      seen[v]?.add(colour);
      around[v] = (around[v] as number) + 1;
    }
  }
  return colours;
}

function groupsOf({ first }: NodeGraph, colours: Int32Array): number[][] {
  const groups: number[][] = Array.from({ length: Math.max(...colours) + 1 }, () => []);
  colours.forEach((colour, v) => void groups[colour]?.push(v + first));
  return groups;
}
