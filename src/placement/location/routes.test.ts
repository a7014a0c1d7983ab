import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLayout } from './layout.ts';
import { createRoutes } from './routes.ts';
import { sampleCluster } from './sample-cluster.ts';
import type { Link, Topology } from './topology.ts';

const cluster = sampleCluster(
  [
    { name: 'a1', group: 0 },
    { name: 'a2', group: 0 },
    { name: 'b1', group: 1 },
    { name: 'c1', group: 1 },
    { name: 'd1', group: 1 },
    { name: 'free', group: 1 },
  ],
  [],
);
const sites = ['a', 'b', 'c', 'd'];

/** Links and latency between two nodes. */
function way(from: string, to: string, links: readonly Link[]): [string[], number] {
  const topology: Topology = {
    levels: ['site', 'rack'],
    domains: [
      ...sites.map((name) => ({ name, level: 'site', nodes: [] })),
      // A node may be named twice for the same domain, as by a name and a glob.
      ...['a1', 'a2', 'b1', 'c1', 'd1'].map((node) => ({
        name: `rack-${node}`,
        level: 'rack',
        parent: node[0],
        nodes: [node, `${node}*`],
      })),
    ],
    links,
    migration: [],
  };
  const { classOf, classCount, latency, start, links: used } = createRoutes(cluster, topology, createLayout(cluster, topology));
  const position = (name: string) => classOf[cluster.nodes.findIndex((node) => node.name === name)] as number;
  const pair = position(from) * classCount + position(to);
  return [[...used.subarray(start[pair], start[pair + 1])].map((link) => links[link]?.between.join('-') ?? ''), latency[pair] as number];
}

test('the most specific link is taken, whatever the order in which links are written', () => {
  const links: Link[] = [
    { between: ['a', 'b'], latency: 2 },
    { between: ['rack-a1', 'rack-b1'], latency: 9 },
    { between: ['group1', 'group2'], latency: 5 },
  ];
  for (const written of [links, links.toReversed()]) {
    assert.deepEqual(way('a1', 'b1', written), [['rack-a1-rack-b1'], 9]);
    assert.deepEqual(way('a2', 'b1', written), [['a-b'], 2]);
    assert.deepEqual(way('b1', 'a2', written), [['a-b'], 2]);
    assert.deepEqual(way('a2', 'c1', written), [['group1-group2'], 5]);
  }
});

test('without a direct link, the quickest chain is taken, and of equals the shorter', () => {
  const links: Link[] = [
    { between: ['a', 'b'], latency: 1 },
    { between: ['b', 'c'], latency: 1 },
    { between: ['a', 'd'], latency: 5 },
    { between: ['d', 'c'], latency: 5 },
  ];
  assert.deepEqual(way('a1', 'c1', links), [['a-b', 'b-c'], 2]);
  assert.deepEqual(way('b1', 'd1', links), [['a-b', 'a-d'], 6]);
  const slower = links.map((link) => (link.between[0] === 'b' ? { ...link, latency: 20 } : link));
  assert.deepEqual(way('a1', 'c1', slower), [['a-d', 'd-c'], 10]);
});

test('uplinks of all domains that are left and entered are on the way; nothing limits what has no link', () => {
  const links: Link[] = [
    { between: ['a', 'rack-a1'], latency: 1 },
    { between: ['rack-b1', 'b'], latency: 2 },
    { between: ['a', 'b'], latency: 4 },
  ];
  assert.deepEqual(way('a1', 'b1', links), [['a-rack-a1', 'rack-b1-b', 'a-b'], 7]);
  assert.deepEqual(way('a1', 'a2', links), [['a-rack-a1'], 1]);
  assert.deepEqual(way('a1', 'a1', links), [[], 0]);
  assert.deepEqual(way('c1', 'd1', links), [[], 0]);
  assert.deepEqual(way('free', 'a2', links), [[], 0]);
});
