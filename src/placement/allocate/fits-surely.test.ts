import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../base/index.ts';
import { prepareCluster } from '../cluster/prepare-cluster.ts';
import { createState } from '../state/cluster-state.ts';
import { randomCluster } from '../testing/random-cluster.ts';
import { createAllocator, stage } from './allocator.ts';
import { canEmptyNode } from './can-empty-node.ts';
import { fitsSurely } from './fits-surely.ts';
import { nodesOfGroup } from './group-score.ts';
import { listed } from './instance-lists.ts';
import { isRedundantWith, strandedOn } from './redundancy.ts';

const seeds = fc.integer({ min: 0, max: 1_000_000 });

/** A few nodes with little left on them, of which now this and now that is short. */
function allocatorOf(seed: number) {
  const random = seededRandom(seed);
  const templates = [['ext'], ['plain'], ['ext', 'plain'], ['ext', 'plain', 'drbd']] as const;
  const data = randomCluster(random, {
    nodes: 4 + Math.floor(random() * 4),
    instances: 4 + Math.floor(random() * 24),
    templates: templates[seed % 4] as (typeof templates)[3],
    varied: random() < 0.3,
  });
  const [memory, disk] = [random() * random(), random()];
  const nodes = data.nodes.map((node) => {
    const lessMemory = Math.floor(node.freeMemory * (1 - memory * random()));
    const lessDisk = Math.floor(node.freeDisk * (1 - disk * random() * 0.2));
    return {
      ...node,
      totalMemory: node.totalMemory - lessMemory,
      freeMemory: node.freeMemory - lessMemory,
      totalDisk: node.totalDisk - lessDisk,
      freeDisk: node.freeDisk - lessDisk,
    };
  });
  const tags = seed % 3 === 0 ? data.tags : [];
  return { random, allocator: createAllocator(createState(prepareCluster({ ...data, nodes, tags }), { spareInstances: 2 })) };
}

test('what is sure about emptying a node is what comes of trying', () => {
  const counts = { surely: 0, never: 0, unsure: 0 };
  fc.assert(
    fc.property(seeds, (seed) => {
      const { state, redundancy } = allocatorOf(seed).allocator;
      if (!redundancy) return;
      const group = nodesOfGroup(state, 0);
      for (const n of group) {
        const rescued = listed(redundancy.lists, n);
        if (rescued.length === 0) continue;
        const targets = group.filter((t) => t !== n);
        const sure = fitsSurely(state, rescued, targets, redundancy.traits);
        counts[sure === undefined ? 'unsure' : sure ? 'surely' : 'never']++;
        if (sure !== undefined) assert.equal(canEmptyNode(state, rescued, targets, group, redundancy.traits), sure);
      }
    }),
    { numRuns: 300, seed: 20_261_123 },
  );
  assert.ok(
    Object.values(counts).every((count) => count > 100),
    JSON.stringify(counts),
  );
});

test('where an instance would be stranded, the cluster is not redundant with it', () => {
  let stranded = 0;
  fc.assert(
    fc.property(seeds, (seed) => {
      const { random, allocator } = allocatorOf(seed);
      const { state, redundancy } = allocator;
      const memory = 256 * (1 + Math.floor(random() * 40));
      const [like] = state.data.instances;
      if (!redundancy || !like) return;
      const wanted = stage(allocator, { ...like, name: 'new', memory, primary: -1, secondary: -1, tags: [], status: 'running' });
      const isStranded = strandedOn(redundancy, wanted);
      for (const n of nodesOfGroup(state, 0)) {
        if (like.diskTemplate === 'drbd' || !isStranded(n)) continue;
        stranded++;
        assert.equal(isRedundantWith(redundancy, wanted, n, -1), false);
      }
    }),
    { numRuns: 200, seed: 20_261_123 },
  );
  assert.ok(stranded > 20, `${stranded}`);
});
