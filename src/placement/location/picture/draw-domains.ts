import type { ClusterData, InstanceData } from '../../cluster/cluster-data.ts';
import type { Layout, LayoutLevel } from '../layout.ts';
import { type Box, flow, framed, shortName } from './box.ts';
import type { TileMarks, Tiles } from './instance-tile.ts';

export interface Drawing {
  readonly cluster: ClusterData;
  readonly layout: Layout;
  readonly tiles: Tiles;
  readonly marks: TileMarks;
  /** Tiles to leave room for, by node. */
  readonly rows: Int32Array;
  readonly maxWidth: number;
}

/** All nodes in the domains they stand in, as nested boxes. */
export function drawDomains(drawing: Drawing): Box {
  const { cluster, layout } = drawing;
  const tenants = tenantsByNode(cluster);
  const nodes = cluster.nodes.map((_, n) => drawNode(drawing, n, tenants[n] ?? []));
  return flow(nest(drawing, nestingLevels(layout), [...cluster.nodes.keys()], nodes), drawing.maxWidth);
}

/** Levels whose domains lie inside of each other; others (power feeds across racks, say) cannot be drawn as boxes. */
function nestingLevels({ levels, nodeCount }: Layout): LayoutLevel[] {
  const named = levels.slice(0, -2).filter((level) => level.named > 0);
  const chosen: LayoutLevel[] = [];
  for (const level of named) {
    const outer = chosen.at(-1);
    const around = new Map<number, number | undefined>();
    const inside = Array.from({ length: nodeCount }, (_, n) => n).every((n) => {
      const domain = level.domainOf[n] as number;
      if (domain >= level.named) return true;
      const own = outer?.domainOf[n];
      if (!around.has(domain)) around.set(domain, own);
      return around.get(domain) === own;
    });
    if (inside) chosen.push(level);
  }
  return chosen.length > 0 ? chosen : levels.slice(-2, -1);
}

function nest(drawing: Drawing, levels: readonly LayoutLevel[], members: readonly number[], nodes: readonly Box[]): Box[] {
  const [level, ...inner] = levels;
  if (!level) return members.map((n) => nodes[n] as Box);
  const byDomain = Map.groupBy(members, (n) => level.domainOf[n] as number);
  const domains = [...byDomain].sort(([a], [b]) => a - b);
  return domains.flatMap(([domain, own]) => {
    const content = nest(drawing, inner, own, nodes);
    if (domain >= level.named) return content;
    const depth = levels.length;
    const width = Math.max(drawing.maxWidth - 24 * depth, 200) / (inner.length === 0 ? 2 : 1);
    return [framed(`${level.name} ${level.domainNames[domain]}`, 'domain', flow(content, width))];
  });
}

interface Tenant {
  readonly instance: number;
  readonly mirror: boolean;
}

function tenantsByNode({ nodes, instances }: ClusterData): Tenant[][] {
  const tenants: Tenant[][] = nodes.map(() => []);
  instances.forEach(({ primary }, instance) => void tenants[primary]?.push({ instance, mirror: false }));
  instances.forEach(({ secondary }, instance) => void tenants[secondary]?.push({ instance, mirror: true }));
  return tenants;
}

function drawNode({ cluster, tiles, marks, rows }: Drawing, n: number, tenants: readonly Tenant[]): Box {
  const step = 2;
  const boxes = tenants.map(({ instance, mirror }) => tiles.draw(instance, cluster.instances[instance] as InstanceData, mirror, marks));
  const width = tiles.columns * (tiles.width + step) - step;
  const content = flow(boxes, width, step);
  const height = Math.max(1, Math.ceil((rows[n] as number) / tiles.columns)) * (tiles.height + step) - step;
  const node = cluster.nodes[n];
  return framed(shortName(node?.name ?? ''), node?.offline ? 'down' : 'node', { ...content, width, height });
}
