import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../base/index.ts';
import { prepareCluster } from '../cluster/prepare-cluster.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { createState } from '../state/create-state.ts';
import { clusterScore } from '../state/score.ts';
import { randomCluster } from '../testing/random-cluster.ts';
import { allocate } from './allocate.ts';
import { allocatedInstances, createAllocator, settle, stage } from './allocator.ts';
import { evacuate } from './evacuate.ts';
import { describeRefusals, explainRefusals } from './explain-refusals.ts';

const seeds = fc.integer({ min: 0, max: 1_000_000 });
const runs = { numRuns: 20, seed: 20_261_122 };
const clusterOf = (seed: number, nodes = 8, instances = 20) =>
  prepareCluster(randomCluster(seededRandom(seed), { nodes, instances, groups: 2, templates: ['drbd', 'ext'], varied: true }));

const wanted = (k: number, diskTemplate: 'drbd' | 'ext') => ({
  name: `new-${k}`,
  memory: 1024 * (1 + (k % 3)),
  disk: 4096,
  disks: [{ size: 4096 }],
  vcpus: 1,
  status: 'running' as const,
  autoBalance: true,
  primary: -1,
  secondary: -1,
  diskTemplate,
  spindleUse: 1,
  tags: [],
  nics: [],
  forthcoming: false,
});

function sameColumns(state: ClusterState, fresh: ClusterState): void {
  for (const column of ['instanceMemory', 'usedCpu', 'reserved', 'primaries', 'secondaries', 'location', 'tagConflicts'] as const) {
    state.nodes[column].forEach((value, n) => assert.ok(Math.abs(value - (fresh.nodes[column][n] as number)) < 1e-9, `${column} of ${n}`));
  }
}

test('instance after instance: the score is the one from scratch, and so is the state', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const allocator = createAllocator(createState(clusterOf(seed), { spareInstances: 3 }), { capacityChecks: false });
      for (let k = 0; k < 8; k++) {
        const one = stage(allocator, wanted(k, k % 2 === 0 ? 'drbd' : 'ext'));
        const { place } = allocate(allocator, one, { requiredNodes: k % 2 === 0 ? 2 : 1 });
        if (!place) continue;
        settle(allocator, one, place);
        assert.ok(Math.abs(clusterScore(allocator.state) - place.score) < 1e-9);
      }
      sameColumns(allocator.state, createState({ ...allocator.state.data, instances: allocatedInstances(allocator) }));
    }),
    runs,
  );
});

test('among many nodes the bounds lead to the same score as looking at all of them', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const allocator = createAllocator(createState(clusterOf(seed, 140, 300), { spareInstances: 4 }), { capacityChecks: false });
      const one = stage(allocator, wanted(seed, 'drbd'));
      const { place } = allocate(allocator, one, { requiredNodes: 2 });
      const names = allocator.state.data.nodes.map(({ name }) => name);
      // Parts of the nodes that are few enough to be weighed one by one.
      const scores = [0, 1, 2, 3].map((part) =>
        allocate(allocator, one, {
          requiredNodes: 2,
          restrictToNodes: names.filter((_, n) => n % 8 === 2 * part || n % 8 === 2 * part + 1),
        }),
      );
      for (const { place: other } of scores) if (other) assert.ok(place && place.score <= other.score + 1e-9);
      if (place) assert.ok(allocator.search.weighing.primary.refusals[place.primary] === 0);
    }),
    { ...runs, numRuns: 6 },
  );
});

test('an explanation has each node once', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const allocator = createAllocator(createState(clusterOf(seed), { spareInstances: 1 }), { capacityChecks: false });
      const refusals = explainRefusals(allocator, stage(allocator, { ...wanted(0, 'drbd'), memory: 30_000 }), { requiredNodes: 2 });
      const nodes = refusals.flatMap((refusal) => refusal.nodes).sort((a, b) => a - b);
      assert.deepEqual(nodes, [...allocator.state.scope]);
      assert.match(describeRefusals(allocator.state.data, refusals), /^\d+ nodes? \(node\S+(, …)?.*\): /);
    }),
    runs,
  );
});

test('evacuation leaves nothing of what it moved on the node', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const state = createState(clusterOf(seed));
      const touching = [...state.data.instances.keys()].filter(
        (i) => state.instances.primary[i] === 0 && state.data.instances[i]?.forthcoming === false,
      );
      for (const evacuation of evacuate(state, touching, 'all', { force: false })) {
        if ('failure' in evacuation) continue;
        assert.ok(!evacuation.nodes.includes(0));
        assert.notEqual(state.instances.primary[evacuation.instance], 0);
        assert.notEqual(state.instances.secondary[evacuation.instance], 0);
      }
    }),
    runs,
  );
});
