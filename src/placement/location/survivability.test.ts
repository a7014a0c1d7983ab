import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noNode } from '../cluster/cluster-data.ts';
import { bottlenecks } from './bottlenecks.ts';
import { sampleCluster } from './sample-cluster.ts';
import type { Location } from './service.ts';
import { survivability } from './survivability.ts';

const location: Location = {
  topology: {
    levels: ['rack'],
    domains: [
      { name: 'r1', level: 'rack', nodes: ['a', 'b'] },
      { name: 'r2', level: 'rack', nodes: ['c', 'd'] },
    ],
    links: [
      { between: ['r1', 'r2'], bandwidth: 1000, load: 100 },
      { between: ['r1', 'group1'], bandwidth: 10_000 },
    ],
    migration: [],
  },
  services: [
    { name: 'web', members: ['web*'], minimumAlive: 2, rules: [] },
    { name: 'safe', members: ['ext'], minimumAlive: 0, rules: [{ kind: 'pinned', domains: ['r1'] }] },
  ],
};
const nodes = ['a', 'b', 'c', 'd'].map((name) => ({ name }));
const cluster = sampleCluster(nodes, [
  { name: 'web1', primary: 0, secondary: 2, writeRate: 50 },
  { name: 'web2', primary: 1, secondary: 0, writeRate: 100 },
  { name: 'web3', primary: 2, secondary: 1 },
  { name: 'plain', primary: 2, diskTemplate: 'plain' },
  { name: 'ext', primary: 0, diskTemplate: 'ext' },
  { name: 'off', primary: 0, diskTemplate: 'plain', status: 'ADMIN_down' },
]);
const loss = (domain: string, of = cluster, room?: Parameters<typeof survivability>[2]) =>
  survivability(of, location, room).losses.find((one) => one.domain === domain);

test('for every domain: which instances cannot restart, and which service falls below its minimum', () => {
  assert.deepEqual(
    survivability(cluster, location).losses.map(({ level, domain }) => `${level} ${domain}`),
    ['rack r1', 'rack r2', 'node a', 'node b', 'node c', 'node d'],
  );
  assert.deepEqual(loss('r1'), {
    level: 'rack',
    domain: 'r1',
    nodes: [0, 1],
    stopped: 3,
    lost: [
      { instance: 'web2', reason: 'both nodes' },
      { instance: 'ext', reason: 'no node allowed' },
    ],
    services: [{ service: 'web', minimum: 2, alive: 1, recovered: 2 }],
  });
  assert.deepEqual(loss('c')?.lost, [{ instance: 'plain', reason: 'no replica' }]);
  assert.deepEqual(loss('c')?.services, []);
  assert.equal(loss('d')?.stopped, 0);
});

test('room is looked for among memory and processors, the largest first; or by whom is handed in', () => {
  const full = { ...cluster, nodes: cluster.nodes.map((node, n) => (n === 2 ? { ...node, freeMemory: 2047 } : node)) };
  assert.deepEqual(loss('a', full)?.lost, [{ instance: 'web1', reason: 'no room' }]);
  const busy = { ...cluster, nodes: cluster.nodes.map((node, n) => (n === 2 ? { ...node, totalCpu: 0.5 } : node)) };
  assert.deepEqual(loss('a', busy)?.lost, [{ instance: 'web1', reason: 'no room' }]);
  assert.deepEqual(loss('a')?.lost, []);
  assert.deepEqual(loss('a', cluster, (_, restarts) => restarts.map(({ instance }) => instance))?.lost.length, 2);
});

test('the largest goes first, so that the small ones do not take its room', () => {
  const sized = (memory: number, k: number) => ({ name: `vm${k}`, primary: 0, diskTemplate: 'ext' as const, memory });
  const tight = sampleCluster(
    nodes.map((node, n) => ({ ...node, freeMemory: n === 1 ? 4096 : n === 2 ? 2048 : 0 })),
    [1024, 1024, 4096].map(sized),
  );
  const open: Location = { ...location, services: [] };
  assert.deepEqual(survivability(tight, open).losses.find(({ domain }) => domain === 'a')?.lost, []);
});

test('a domain that is down already is no longer lost, and its members do not count as alive', () => {
  const down = { ...cluster, nodes: cluster.nodes.map((node, n) => ({ ...node, offline: n === 2 })) };
  assert.equal(loss('c', down), undefined);
  assert.deepEqual(loss('a', down)?.lost, [{ instance: 'web1', reason: 'both nodes' }]);
  assert.deepEqual(loss('a', down)?.services, [{ service: 'web', minimum: 2, alive: 1, recovered: 1 }]);
});

test('an instance that is nowhere, or has no mirror yet, is not overlooked', () => {
  const odd = sampleCluster(nodes, [
    { name: 'web1', primary: 0, secondary: noNode },
    { name: 'ext', primary: noNode, forthcoming: true },
  ]);
  assert.deepEqual(loss('a', odd)?.lost, [{ instance: 'web1', reason: 'no replica' }]);
});

test('bottlenecks name the link, its load and who makes it', () => {
  const [busiest, other] = bottlenecks(cluster, location.topology);
  assert.deepEqual(busiest?.between, ['r1', 'r2']);
  assert.equal(Math.round((busiest?.mirrorLoad ?? 0) * 100) / 100, 419.43);
  assert.equal(Math.round((busiest?.use ?? 0) * 1000), 519);
  assert.deepEqual([busiest?.instances, busiest?.unmeasured], [['web1', 'web3'], 1]);
  assert.deepEqual(other?.instances, ['web1', 'web3'], 'the uplink of r1 carries it too');
});

test('node groups are failure domains, too, when there are several', () => {
  const two = sampleCluster(
    nodes.map((node, n) => ({ ...node, group: n >> 1 })),
    [
      { name: 'web1', primary: 0, secondary: 2 },
      { name: 'ext', primary: 0, diskTemplate: 'ext' },
    ],
  );
  assert.deepEqual(loss('group1', two)?.lost, [{ instance: 'ext', reason: 'no room' }], 'shared storage ends at the group');
});
