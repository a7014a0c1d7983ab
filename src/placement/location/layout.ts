import { closestName, GantryError } from '../../base/index.ts';
import type { ClusterData } from '../cluster/cluster-data.ts';
import { createNameIndex, type NameIndex } from './name-index.ts';
import { type Domain, groupLevel, nodeLevel, type Topology } from './topology.ts';

/**
 * A topology laid over the nodes of a cluster. Every node has one domain on every level: where the topology names none,
 * the node is a domain of its own, so that rules need no special case.
 */
export interface Layout {
  readonly nodeCount: number;
  /** The levels of the topology, then `group`, then `node`. */
  readonly levels: readonly LayoutLevel[];
  readonly nodes: NameIndex;
  /** The position of a level. @throws LOCATION_UNKNOWN */
  level(name: string, at: string): number;
  /** The nodes of a domain, node group or single node. @throws LOCATION_UNKNOWN */
  nodesOf(name: string, at: string): Uint8Array;
  /** Where a domain or a node group is among the levels. @throws LOCATION_UNKNOWN */
  place(name: string, at: string): DomainPlace;
}

export interface DomainPlace {
  readonly level: number;
  readonly domain: number;
}

export interface LayoutLevel {
  readonly name: string;
  /** Domain of each node. */
  readonly domainOf: Int32Array;
  /** By domain; those that stand for a node without one bear the name of the node. */
  readonly domainNames: readonly string[];
  /** So many of them, the first ones, are in the topology. */
  readonly named: number;
}

/** @throws LOCATION_UNKNOWN, LOCATION_DUPLICATE, LOCATION_CYCLE, LOCATION_NODE_TWICE, LOCATION_INVALID */
export function createLayout(cluster: ClusterData, topology: Topology): Layout {
  const nodes = createNameIndex(cluster.nodes.map(({ name }) => name));
  const domains = indexDomains(topology);
  checkParents(topology, domains);
  const found = assignNodes(topology, domains, nodes);
  const levels = topology.levels.map((name, level) => fillLevel(name, found[level] as Found, nodes.names));
  const groupOf = Int32Array.from(cluster.nodes, ({ group }) => group);
  levels.push({ name: groupLevel, domainOf: groupOf, domainNames: cluster.groups.map(({ name }) => name), named: cluster.groups.length });
  const own = Int32Array.from(cluster.nodes, (_, n) => n);
  levels.push({ name: nodeLevel, domainOf: own, domainNames: nodes.names, named: nodes.names.length });
  return { nodeCount: nodes.names.length, levels, nodes, ...lookups(levels, nodes, found) };
}

function lookups(levels: readonly LayoutLevel[], nodes: NameIndex, found: readonly Found[]): Pick<Layout, 'level' | 'nodesOf' | 'place'> {
  const places = new Map<string, DomainPlace>();
  (levels.at(-2) as LayoutLevel).domainNames.forEach((name, domain) => places.set(name, { level: levels.length - 2, domain }));
  for (const [level, { names }] of found.entries()) names.forEach((name, domain) => places.set(name, { level, domain }));
  const levelNames = levels.map(({ name }) => name);
  const place = (name: string, at: string) => places.get(name) ?? unknown('failure domain or node group', name, [...places.keys()], at);
  return {
    place,
    level: (name, at) => {
      const level = levelNames.indexOf(name);
      return level >= 0 ? level : unknown('level', name, levelNames, at);
    },
    nodesOf: (name, at) => {
      const inside = new Uint8Array(nodes.names.length);
      const domain = places.get(name);
      if (domain) {
        const { domainOf } = levels[domain.level] as LayoutLevel;
        for (let n = 0; n < inside.length; n++) inside[n] = domainOf[n] === domain.domain ? 1 : 0;
        return inside;
      }
      const single = nodes.find(name) ?? unknown('failure domain, node group or node', name, [...places.keys(), ...nodes.names], at);
      for (const n of single) inside[n] = 1;
      return inside;
    },
  };
}

export function unknown(kind: string, name: string, known: readonly string[], at: string): never {
  const close = closestName(name, known);
  throw new GantryError('LOCATION_UNKNOWN', { kind, name, at, hint: close === undefined ? '' : ` Is "${close}" meant?` });
}

interface Found {
  /** Names of the level's domains. */
  readonly names: string[];
  /** Where each one was read. */
  readonly domainOf: Int32Array;
}

const placeOf = (domain: Domain): string => domain.at ?? `domain ${domain.name}`;

function indexDomains({ levels, domains }: Topology): ReadonlyMap<string, Domain> {
  for (const level of [groupLevel, nodeLevel]) {
    if (levels.includes(level))
      throw new GantryError('LOCATION_INVALID', { at: 'levels', problem: `the level "${level}" is always there and must not be listed.` });
  }
  const twice = levels.find((level, position) => levels.indexOf(level) !== position);
  if (twice !== undefined) throw new GantryError('LOCATION_DUPLICATE', { at: 'levels', kind: 'level', name: twice, other: 'levels' });
  const byName = new Map<string, Domain>();
  for (const domain of domains) {
    const other = byName.get(domain.name);
    if (other)
      throw new GantryError('LOCATION_DUPLICATE', { at: placeOf(domain), kind: 'domain', name: domain.name, other: placeOf(other) });
    byName.set(domain.name, domain);
    if (!levels.includes(domain.level)) unknown('level', domain.level, levels, placeOf(domain));
  }
  return byName;
}

function checkParents({ levels, domains }: Topology, byName: ReadonlyMap<string, Domain>): void {
  for (const domain of domains) {
    const path = [domain.name];
    for (let inner = domain; inner.parent !== undefined; ) {
      const parent = byName.get(inner.parent) ?? unknown('failure domain', inner.parent, [...byName.keys()], placeOf(inner));
      const first = path.indexOf(parent.name);
      path.push(parent.name);
      if (first >= 0) throw new GantryError('LOCATION_CYCLE', { at: placeOf(parent), cycle: path.slice(first).join(' in ') });
      inner = parent;
    }
  }
  for (const domain of domains) {
    const parent = byName.get(domain.parent ?? '');
    if (!parent || levels.indexOf(parent.level) < levels.indexOf(domain.level)) continue;
    const problem = `${domain.name} is a ${domain.level} and cannot be in ${parent.name}, which is a ${parent.level}.`;
    throw new GantryError('LOCATION_INVALID', { at: placeOf(domain), problem });
  }
}

/** For each level, the domain of each node, or -1. */
function assignNodes({ levels, domains }: Topology, byName: ReadonlyMap<string, Domain>, nodes: NameIndex): readonly Found[] {
  const found = levels.map((): Found => ({ names: [], domainOf: new Int32Array(nodes.names.length).fill(-1) }));
  const numbers = new Map<string, number>();
  for (const { name, level } of domains) {
    const { names } = found[levels.indexOf(level)] as Found;
    numbers.set(name, names.push(name) - 1);
  }
  for (const domain of domains) {
    const positions = domain.nodes.flatMap((name) => nodes.find(name) ?? unknown('node', name, nodes.names, placeOf(domain)));
    for (let around: Domain | undefined = domain; around; around = byName.get(around.parent ?? '')) {
      const { names, domainOf } = found[levels.indexOf(around.level)] as Found;
      const number = numbers.get(around.name) as number;
      for (const n of positions) {
        const before = domainOf[n] as number;
        if (before >= 0 && before !== number) {
          const facts = { node: nodes.names[n] as string, level: around.level, one: names[before] as string, other: around.name };
          throw new GantryError('LOCATION_NODE_TWICE', { at: placeOf(domain), ...facts });
        }
        domainOf[n] = number;
      }
    }
  }
  return found;
}

function fillLevel(name: string, { names, domainOf }: Found, nodeNames: readonly string[]): LayoutLevel {
  const domainNames = [...names];
  const filled = domainOf.map((domain, n) => (domain >= 0 ? domain : domainNames.push(nodeNames[n] as string) - 1));
  return { name, domainOf: filled, domainNames, named: names.length };
}
