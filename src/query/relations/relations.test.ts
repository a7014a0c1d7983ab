import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ConfigSnapshot } from '../../store/index.ts';
import { kinds } from '../kinds/all-kinds.ts';
import { follow, type Relation } from './relation.ts';
import { snapshotIndex } from './snapshot-index.ts';

const uuid = (kind: string, number: number) => `${kind}${number}`;
const some = (kind: string, most: number) =>
  fc.uniqueArray(fc.nat(most), { maxLength: 3 }).map((list) => list.map((one) => uuid(kind, one)));

/** A small cluster, with references that lead nowhere as well. */
const clusters = fc.record({
  nodes: fc.array(fc.record({ group: fc.nat(3).map((one) => uuid('g', one)) }), { maxLength: 6 }),
  networks: fc.array(fc.record({ groups: some('g', 3).map((list) => Object.fromEntries(list.map((one) => [one, {}]))) }), { maxLength: 4 }),
  instances: fc.array(
    fc.record({
      primary_node: fc.nat(6).map((one) => uuid('n', one)),
      secondary_nodes: some('n', 6),
      nics: fc.array(fc.record({ network: fc.option(fc.nat(4).map((one) => uuid('w', one))) }), { maxLength: 3 }),
    }),
    { maxLength: 12 },
  ),
});
type Drawn = typeof clusters extends fc.Arbitrary<infer Value> ? Value : never;

const numbered = <Item extends object>(kind: string, items: readonly Item[]) =>
  new Map(items.map((item, number) => [uuid(kind, number), { ...item, uuid: uuid(kind, number) }]));

function clusterOf(drawn: Drawn) {
  const groups = numbered('g', [{}, {}, {}]);
  const nodes = numbered('n', drawn.nodes);
  const networks = numbered('w', drawn.networks);
  const instances = numbered('i', drawn.instances);
  const all = [...instances.values()];
  const instancesOf = (node: string) => ({
    primary: all.filter((one) => one.primary_node === node),
    secondary: all.filter((one) => one.secondary_nodes.includes(node)),
  });
  return { groups, nodes, networks, instances, instancesOf };
}
type Cluster = ReturnType<typeof clusterOf>;
interface Named {
  readonly uuid: string;
}

/** The same by looking at everything. */
const byLooking: Record<string, (from: string, cluster: Cluster) => readonly (Named | undefined)[]> = {
  'instance primary_node': (i, c) => [c.nodes.get(c.instances.get(i)?.primary_node ?? '')],
  'instance secondary_nodes': (i, c) => [...c.nodes.values()].filter((node) => c.instances.get(i)?.secondary_nodes.includes(node.uuid)),
  'instance group': (i, c) => [c.groups.get(c.nodes.get(c.instances.get(i)?.primary_node ?? '')?.group ?? '')],
  'instance secondary_groups': (i, c) =>
    (c.instances.get(i)?.secondary_nodes ?? []).map((node) => c.groups.get(c.nodes.get(node)?.group ?? '')),
  'instance networks': (i, c) =>
    [...c.networks.values()].filter(({ uuid: network }) => c.instances.get(i)?.nics.some((nic) => nic.network === network)),
  'node group': (n, c) => [c.groups.get(c.nodes.get(n)?.group ?? '')],
  'node primary_instances': (n, c) => [...c.instances.values()].filter((one) => one.primary_node === n),
  'node secondary_instances': (n, c) => [...c.instances.values()].filter((one) => one.secondary_nodes.includes(n)),
  'group nodes': (g, c) => [...c.nodes.values()].filter(({ group }) => group === g),
  'group instances': (g, c) => [...c.instances.values()].filter((one) => c.nodes.get(one.primary_node)?.group === g),
  'group networks': (g, c) => [...c.networks.values()].filter(({ groups }) => Object.hasOwn(groups, g)),
  'network groups': (w, c) => [...c.groups.values()].filter(({ uuid: group }) => Object.hasOwn(c.networks.get(w)?.groups ?? {}, group)),
  'network instances': (w, c) => [...c.instances.values()].filter(({ nics }) => nics.some(({ network }) => network === w)),
};

const uuids = (items: readonly (Named | undefined)[]) => items.flatMap((item) => item?.uuid ?? []).sort();

test('every relation finds what a look at everything finds', () => {
  const declared = [...kinds.values()].flatMap(({ name, relations }) =>
    Object.entries(relations).map(([relation, how]) => [name, relation, how] as [string, string, Relation<unknown, Named>]),
  );
  assert.deepEqual(declared.map(([kind, name]) => `${kind} ${name}`).sort(), Object.keys(byLooking).sort());
  for (const [, , { to }] of declared) assert.ok(kinds.has(to), to);
  fc.assert(
    fc.property(clusters, (drawn) => {
      const cluster = clusterOf(drawn);
      const config = cluster as unknown as ConfigSnapshot;
      for (const [kind, name, relation] of declared) {
        for (const item of cluster[`${kind}s` as 'nodes'].values()) {
          const found = uuids(follow(relation, item, config));
          assert.deepEqual(found, uuids(byLooking[`${kind} ${name}`]?.(item.uuid, cluster) ?? []), `${kind} ${name} of ${item.uuid}`);
        }
      }
    }),
    { seed: 7, numRuns: 100 },
  );
});

test('an index is made once for a collection', () => {
  let walks = 0;
  const nodes = {
    values: () => (
      (walks += 1),
      [
        { name: 'a', tags: ['x', 'y', 'x'] },
        { name: 'b', tags: ['y'] },
      ].values()
    ),
  };
  const byTag = snapshotIndex<{ name: string; tags: string[] }>(
    (config) => config.nodes as never,
    ({ tags }) => tags,
  );
  const namesOf = (tag: string, config: object) => byTag(tag, config as ConfigSnapshot).map(({ name }) => name);
  assert.deepEqual([namesOf('x', { nodes }), namesOf('y', { nodes }), namesOf('z', { nodes }), walks], [['a'], ['a', 'b'], [], 1]);
  namesOf('x', { nodes: { ...nodes } });
  assert.equal(walks, 2);
});
