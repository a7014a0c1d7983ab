import type { MigrationRule } from './draft-rules.ts';
import { type Layout, unknown } from './layout.ts';
import type { Topology } from './topology.ts';

/**
 * Tells whether an instance may migrate between two nodes: according to the capabilities of the nodes and the rules of its
 * services.
 */
export function createMigrationGate(
  layout: Layout,
  topology: Topology,
  rules: readonly MigrationRule[],
  instanceCount: number,
): (instance: number, from: number, to: number) => boolean {
  const { classOf, classCount, open } = migrationClasses(layout, topology);
  const levels: (Int32Array[] | undefined)[] = new Array(instanceCount);
  for (const { level, members } of rules) {
    const domainOf = layout.levels[level]?.domainOf as Int32Array;
    for (const i of members) levels[i] = [...(levels[i] ?? []), domainOf];
  }
  return (instance, from, to) => {
    if (open[(classOf[from] as number) * classCount + (classOf[to] as number)] === 0) return false;
    return levels[instance]?.every((domainOf) => domainOf[from] === domainOf[to]) ?? true;
  };
}

/** Nodes of the same terms are one class; `open[a * classCount + b]` is 1 where class b offers what class a needs. */
function migrationClasses(layout: Layout, { migration }: Topology): { classOf: Int32Array; classCount: number; open: Uint8Array } {
  const needs = Array.from({ length: layout.nodeCount }, () => new Set<string>());
  const offers = Array.from({ length: layout.nodeCount }, () => new Set<string>());
  for (const terms of migration) {
    const at = terms.at ?? `migration of ${terms.nodes.join(', ')}`;
    for (const n of terms.nodes.flatMap((name) => layout.nodes.find(name) ?? unknown('node', name, layout.nodes.names, at))) {
      for (const need of terms.needs) needs[n]?.add(need);
      for (const offer of terms.offers) offers[n]?.add(offer);
    }
  }
  const classes = new Map<string, number>();
  const examples: number[] = [];
  const classOf = Int32Array.from(needs, (own, n) => {
    const key = JSON.stringify([[...own].sort(), [...(offers[n] as Set<string>)].sort()]);
    const known = classes.get(key) ?? examples.push(n) - 1;
    classes.set(key, known);
    return known;
  });
  const classCount = examples.length;
  const open = new Uint8Array(classCount * classCount);
  examples.forEach((from, a) => {
    examples.forEach((to, b) => (open[a * classCount + b] = (needs[from] as Set<string>).isSubsetOf(offers[to] as Set<string>) ? 1 : 0));
  });
  return { classOf, classCount, open };
}
