import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../base/index.ts';
import { applyMove } from '../balance/apply-move.ts';
import { moveKind } from '../balance/move.ts';
import { prepareCluster } from '../cluster/prepare-cluster.ts';
import { compileRules } from '../location/compile-rules.ts';
import { type SampleInstance, type SampleNode, sampleCluster } from '../location/sample-cluster.ts';
import type { Service } from '../location/service.ts';
import { attach, detach } from '../state/attach.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { createState } from '../state/create-state.ts';
import { backupOf, restore } from '../state/node-backup.ts';
import { randomCluster } from '../testing/random-cluster.ts';
import { uniformCluster } from '../testing/uniform-cluster.ts';
import { type EvacuationMode, evacuate, evacuateInstance } from './evacuate.ts';
import { groupScore, nodesOfGroup } from './group-score.ts';

const runs = { numRuns: 100, seed: 20_261_123 };

/** The best pair of all, by going every way: of equals the last. */
function bestOfAll(state: ClusterState, i: number, targets: Int32Array, scope: Int32Array, force: boolean): number[] | undefined {
  const from = [state.instances.primary[i] as number, state.instances.secondary[i] as number] as const;
  const isLeft = state.nodes.offline[from[0]] === 1;
  let best: number[] | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const p of targets) {
    for (const s of targets) {
      if (p === s) continue;
      const backup = backupOf(state, [...new Set([...from, p, s])]);
      const ways = [
        ...(isLeft ? [[moveKind.failover, -1] as const] : []),
        [moveKind.replaceSecondary, p] as const,
        [moveKind.failover, -1] as const,
        [moveKind.replaceSecondary, s] as const,
      ];
      const goes = ways.every(([kind, target]) => applyMove(state, i, kind, target, force) === 0);
      const score = goes ? groupScore(state, scope) : Number.NaN;
      detach(state, i);
      attach(state, i, ...from);
      restore(state, backup);
      if (goes && !(least < score)) [best, least] = [[p, s], score];
    }
  }
  return best;
}

test('an instance that leaves both nodes goes where going every way finds it best', () => {
  let gone = 0;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), (seed) => {
      const random = seededRandom(seed);
      const data = randomCluster(random, {
        nodes: 8 + Math.floor(random() * 16),
        instances: Math.floor(random() * 60),
        groups: 1 + Math.floor(random() * 2),
        varied: random() < 0.7,
      });
      // Tags that are counted in the whole cluster, those of nothing but nodes, and none.
      const tags = [data.tags, data.tags.filter((tag) => tag.startsWith('htools:migration')), []][Math.floor(random() * 3)] as string[];
      // Nodes that must be left, and such with hardly any memory, where it matters what is passed over.
      const [offline, tight] = [random() < 0.4, random() < 0.5];
      const nodes = data.nodes.map((node, n) => {
        const short = tight && n % 3 > 0 ? Math.max(0, node.freeMemory - 1024 * n) : 0;
        return {
          ...node,
          totalMemory: node.totalMemory - short,
          freeMemory: node.freeMemory - short,
          offline: node.offline || (offline && n % 5 === 0),
        };
      });
      const state = createState(prepareCluster({ ...data, nodes, tags }));
      const force = random() < 0.3;
      for (const i of [...data.instances.keys()].slice(0, 6)) {
        const group = Math.floor(random() * data.groups.length);
        const left = [state.instances.primary[i], state.instances.secondary[i]];
        const few = random() < 0.6;
        const targets = nodesOfGroup(state, group).filter(
          (n) => !left.includes(n) && state.nodes.offline[n] === 0 && !(few && random() < 0.7),
        );
        const best = bestOfAll(state, i, targets, nodesOfGroup(state, group), force);
        const found = evacuateInstance(state, i, 'all', group, targets, { force });
        assert.deepEqual('failure' in found ? undefined : found.nodes, best);
        if (best) gone++;
      }
    }),
    runs,
  );
  assert.ok(gone > 50, `${gone} instances went`);
});

test('and so it does among nodes that are alike, where limits are met exactly and failure domains reach over groups', () => {
  let gone = 0;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), (seed) => {
      const random = seededRandom(seed);
      const groups = 1 + Math.floor(random() * 2);
      const data = uniformCluster(random, { groups, tagged: random() < 0.6 });
      const [force, lost] = [random() < 0.3, random() < 0.5];
      const first = data.instances[0];
      const nodes = data.nodes.map((node, n) => ({ ...node, offline: lost && (n === first?.primary || n === first?.secondary) }));
      const state = createState(prepareCluster({ ...data, nodes }));
      for (const i of [...data.instances.keys()].slice(0, 4)) {
        const left = [state.instances.primary[i], state.instances.secondary[i]];
        const group = Math.floor(random() * groups);
        const open = nodesOfGroup(state, group).filter((n) => !left.includes(n) && state.nodes.offline[n] === 0);
        const targets = random() < 0.5 ? open.subarray(0, 2 + Math.floor(random() * 2)) : open;
        const best = bestOfAll(state, i, targets, nodesOfGroup(state, group), force);
        const found = evacuateInstance(state, i, 'all', group, targets, { force });
        assert.deepEqual('failure' in found ? undefined : found.nodes, best);
        if (best) gone++;
      }
    }),
    { ...runs, numRuns: 200 },
  );
  assert.ok(gone > 100, `${gone} instances went`);
});

describe('both nodes of an instance are left', () => {
  const names = ['n0', 'n1', 'n2', 'n3'];
  const racks = [['n0', 'n1'], ['n3'], ['n2']].map((nodes, r) => ({ name: `r${r}`, level: 'rack', nodes }));
  const topology = { levels: ['rack'], domains: racks, links: [], migration: [] };
  // It is to run in r0 or r2, with its nodes in two racks.
  const services: Service[] = [
    {
      name: 'web',
      members: ['web'],
      rules: [
        { kind: 'desired', domains: ['r0', 'r2'] },
        { kind: 'replicas', apart: 'rack' },
      ],
    },
  ];
  const leave = (nodes: readonly Partial<SampleNode>[], ruled = true, others: readonly SampleInstance[] = []) => {
    const web = { name: 'web', primary: 0, secondary: 2 };
    const data = prepareCluster(
      sampleCluster(
        names.map((name, n) => ({ name, totalSpindles: 10, ...nodes[n] })),
        [web, ...others],
      ),
    );
    const rules = ruled ? compileRules(data, topology, services) : undefined;
    const [done] = evacuate(createState(data), [0], 'all', { force: false, rules });
    return done && 'steps' in done ? done.steps.map(({ kind, target }) => [kind, target]) : done?.failure;
  };
  const { failover, replaceSecondary } = moveKind;
  const bySecondary = [
    [failover, -1],
    [replaceSecondary, 1],
    [failover, -1],
    [replaceSecondary, 3],
  ];

  test('by way of the old secondary where rules close the direct one', () => assert.deepEqual(leave([]), bySecondary));

  test('but not by an old secondary that is offline', () => {
    assert.match(String(leave([{}, {}, { offline: true }])), /web: desired in r0, r2/);
  });

  test('where both are offline, however little memory there is for N+1', () => {
    const small = { totalMemory: 2048, freeMemory: 1024 };
    const gone = { offline: true };
    assert.deepEqual(leave([gone, small, gone, {}], false), [
      [failover, -1],
      [replaceSecondary, 3],
      [failover, -1],
      [replaceSecondary, 1],
    ]);
    assert.match(String(leave([{}, small, {}, {}], false)), /FailMem/);
  });

  test('and without rules by the direct way alone, as Ganeti has it', () => {
    const direct = [
      [replaceSecondary, 3],
      [failover, -1],
      [replaceSecondary, 1],
    ];
    assert.deepEqual(leave([], false), direct);
    // N+1: n0 cannot be the secondary of one more instance from n1 or n3, which the direct way asks of it for a while.
    const from = (n: number) => ({ name: `of-n${n}`, primary: n, secondary: 0, memory: 40_000 });
    const more = { name: 'full', primary: 0, diskTemplate: 'ext' as const, memory: 23_000 };
    assert.match(String(leave([], false, [from(1), from(3), more])), /Failing over to new primary/);
    assert.deepEqual(leave([], true, [from(1), from(3), more]), bySecondary);
  });
});

describe('evacuation takes', () => {
  const go = (
    mode: EvacuationMode,
    nodes: readonly Partial<SampleNode>[],
    instance: Partial<SampleInstance> = {},
    services: readonly Service[] = [],
    tags: readonly string[] = [],
  ) => {
    const web = { name: 'web', primary: 0, secondary: 1, ...instance };
    const named = nodes.map((node, n) => ({ name: `n${n}`, totalSpindles: 10, ...node }));
    const data = prepareCluster(sampleCluster(named, [web], { tags }));
    const rules = services.length > 0 ? compileRules(data, { levels: [], domains: [], links: [], migration: [] }, services) : undefined;
    const [done] = evacuate(createState(data), [0], mode, { force: false, rules });
    return done && 'nodes' in done ? done.nodes : undefined;
  };
  const rule = (...rules: Service['rules']): Service[] => [{ name: 'web', members: ['web'], rules }];

  test('neither a node that the instance has, nor one that is offline', () => {
    assert.equal(go('secondary-only', [{}, {}, { offline: true }]), undefined);
    assert.deepEqual(go('secondary-only', [{}, {}, {}]), [0, 2]);
  });

  test('the node that a wish names, of nodes that are alike', () => {
    for (const wanted of [2, 3, 4]) {
      const wish = rule({ kind: 'desired', domains: [`n${wanted}`], weight: 1 });
      assert.equal(go('all', [{}, {}, {}, {}, {}], {}, wish)?.[0], wanted);
      const located = [0, 0, 0, 0, 0, 1].map((group) => ({ group, tags: ['rack:r'] }));
      const tags = ['htools:iextags:service', 'htools:nlocation:rack'];
      assert.equal(go('all', located, { tags: ['service:a'] }, wish, tags)?.[0], wanted);
      assert.deepEqual(go('primary-only', [{}, {}, {}, {}, {}], { diskTemplate: 'ext', secondary: -1 }, wish), [wanted]);
    }
  });

  test('a new secondary from the group of the primary, or where rules are asked from that of the old one', () => {
    const groups = [0, 1, 0, 1].map((group) => ({ group }));
    assert.deepEqual(go('secondary-only', groups), [0, 2]);
    assert.deepEqual(go('secondary-only', groups, {}, rule({ kind: 'replicas', apart: 'group' })), [0, 3]);
  });
});
