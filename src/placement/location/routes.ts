import { GantryError } from '../../base/index.ts';
import type { ClusterData } from '../cluster/cluster-data.ts';
import type { Layout, LayoutLevel } from './layout.ts';
import type { Topology } from './topology.ts';

/**
 * What lies between nodes. Nodes in the same domains and group are one class; from class a to class b, at `a * classCount + b`,
 * are the latency and the links on the way.
 *
 * Traffic takes the uplinks of all domains that it leaves and enters, and between them the most specific link that is declared
 * for two of the domains, else the quickest chain of links. Where no link is declared, nothing limits it.
 */
export interface Routes {
  readonly classCount: number;
  /** Class of each node. */
  readonly classOf: Int32Array;
  /** Milliseconds. */
  readonly latency: Float64Array;
  /** Links of pair p: `links[start[p]]` up to `links[start[p + 1]]`, as positions in the topology. */
  readonly start: Int32Array;
  readonly links: Int32Array;
}

/** @throws LOCATION_UNKNOWN when a link leads nowhere, LOCATION_INVALID when to itself */
export function createRoutes(cluster: ClusterData, topology: Topology, layout: Layout): Routes {
  const graph = createGraph(topology, layout);
  const levels = layout.levels.slice(0, -1);
  const { classOf, examples } = classify(layout.nodeCount, topology.links.length === 0 ? [] : levels);
  const chains = examples.map((n) => chainOf(levels, n));
  const classCount = examples.length;
  const latency = new Float64Array(classCount * classCount);
  const start = new Int32Array(classCount * classCount + 1);
  const links: number[] = [];
  for (let from = 0; from < classCount; from++) {
    for (let to = 0; to < classCount; to++) {
      const pair = from * classCount + to;
      const route = from === to ? [] : routeBetween(graph, chains[from] as readonly string[], chains[to] as readonly string[]);
      latency[pair] = route.reduce((sum, link) => sum + (topology.links[link]?.latency ?? 0), 0);
      links.push(...route);
      start[pair + 1] = links.length;
    }
  }
  return { classCount, classOf, latency, start, links: Int32Array.from(links) };
}

function classify(nodeCount: number, levels: readonly LayoutLevel[]): { classOf: Int32Array; examples: number[] } {
  const numbers = new Map<string, number>();
  const examples: number[] = [];
  const classOf = new Int32Array(nodeCount);
  for (let n = 0; n < nodeCount; n++) {
    const key = chainOf(levels, n).join(' ');
    const number = numbers.get(key) ?? examples.push(n) - 1;
    numbers.set(key, number);
    classOf[n] = number;
  }
  return { classOf, examples };
}

/** The domains around a node, the narrowest first and its group last, as `level/domain`. */
function chainOf(levels: readonly LayoutLevel[], n: number): string[] {
  const chain: string[] = [];
  for (const [level, { domainOf, named }] of levels.entries()) {
    const domain = domainOf[n] as number;
    if (domain >= named) continue;
    const key = `${level}/${domain}`;
    if (level === levels.length - 1) chain.push(key);
    else chain.unshift(key);
  }
  return chain;
}

interface Graph {
  /** Link from a domain to another one around it, by the inner one. */
  readonly uplinks: ReadonlyMap<string, number>;
  /** Links to other domains, by domain. */
  readonly sideways: ReadonlyMap<string, readonly Edge[]>;
}

interface Edge {
  readonly to: string;
  readonly link: number;
  readonly latency: number;
}

function createGraph({ links }: Topology, layout: Layout): Graph {
  const uplinks = new Map<string, number>();
  const sideways = new Map<string, Edge[]>();
  for (const [link, { between, latency = 0, at }] of links.entries()) {
    const where = at ?? `link ${between.join(' - ')}`;
    const ends: [End, End] = [endOf(layout, between[0], where), endOf(layout, between[1], where)];
    if (between[0] === between[1])
      throw new GantryError('LOCATION_INVALID', { at: where, problem: `a link leads from ${between[0]} to itself.` });
    const inner = ends.find((end) => isAround(end === ends[0] ? ends[1] : ends[0], end));
    if (inner) {
      uplinks.set(inner.key, link);
      continue;
    }
    const [one, other] = ends;
    sideways.set(one.key, [...(sideways.get(one.key) ?? []), { to: other.key, link, latency }]);
    sideways.set(other.key, [...(sideways.get(other.key) ?? []), { to: one.key, link, latency }]);
  }
  return { uplinks, sideways };
}

/** Whether one domain has all nodes of another one, and more; or the same, on a wider level. */
function isAround(outer: End, inner: End): boolean {
  const size = (end: End) => end.nodes.reduce((sum, inside) => sum + inside, 0);
  if (size(inner) === 0 || inner.nodes.some((inside, n) => inside > (outer.nodes[n] as number))) return false;
  return size(outer) > size(inner) || outer.level < inner.level;
}

function endOf(layout: Layout, name: string, at: string): End {
  const { level, domain } = layout.place(name, at);
  return { level, key: `${level}/${domain}`, nodes: layout.nodesOf(name, at) };
}

interface End {
  readonly level: number;
  readonly key: string;
  readonly nodes: Uint8Array;
}

function routeBetween(graph: Graph, from: readonly string[], to: readonly string[]): number[] {
  const left = from.filter((key) => !to.includes(key));
  const entered = to.filter((key) => !from.includes(key));
  const up = [...left, ...entered].flatMap((key) => graph.uplinks.get(key) ?? []);
  return [...up, ...across(graph, left, entered)];
}

/** The most specific direct link, else the quickest chain of them. */
function across({ sideways }: Graph, left: readonly string[], entered: readonly string[]): readonly number[] {
  let best: { link: number; rank: number } | undefined;
  for (const [i, key] of left.entries()) {
    for (const { to, link } of sideways.get(key) ?? []) {
      const j = entered.indexOf(to);
      if (j >= 0 && (best === undefined || i + j < best.rank)) best = { link, rank: i + j };
    }
  }
  return best ? [best.link] : quickest(sideways, left, entered);
}

interface Reached {
  readonly latency: number;
  readonly route: readonly number[];
}

/** Dijkstra's algorithm over the few domains that have links; among equals, the way with fewer links. */
function quickest(sideways: ReadonlyMap<string, readonly Edge[]>, left: readonly string[], entered: readonly string[]): readonly number[] {
  const open = new Map<string, Reached>(left.filter((key) => sideways.has(key)).map((key) => [key, { latency: 0, route: [] }]));
  const done = new Set<string>();
  while (open.size > 0) {
    const [key, { latency, route }] = [...open].reduce((best, next) => (sooner(next[1], best[1]) ? next : best));
    if (entered.includes(key)) return route;
    open.delete(key);
    done.add(key);
    for (const edge of sideways.get(key) ?? []) {
      const reached = { latency: latency + edge.latency, route: [...route, edge.link] };
      const before = open.get(edge.to);
      if (!done.has(edge.to) && (!before || sooner(reached, before))) open.set(edge.to, reached);
    }
  }
  return [];
}

const sooner = (one: Reached, other: Reached): boolean =>
  one.latency !== other.latency ? one.latency < other.latency : one.route.length < other.route.length;
