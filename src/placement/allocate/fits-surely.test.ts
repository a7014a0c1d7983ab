import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../base/index.ts';
import type { InstanceData } from '../cluster/cluster-data.ts';
import { prepareCluster } from '../cluster/prepare-cluster.ts';
import { sampleCluster } from '../location/sample-cluster.ts';
import { createState } from '../state/create-state.ts';
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

describe('it is', () => {
  const unit = 1024;
  interface Target {
    /** In units of 1 GiB. */
    readonly memory?: number;
    readonly disk?: number;
    readonly exclusive?: boolean;
  }
  /** What is said of a node whose instances have so much memory, or disk. */
  const sayOf = (sizes: readonly number[], targets: readonly Target[], more: Partial<InstanceData> = {}, memoryRatio = 1) => {
    const local = more.diskTemplate === 'plain';
    const instances = sizes.map((size, k) => {
      const [memory, disk] = local ? [256, size * unit] : [size * unit, unit];
      return { name: `i${k}`, primary: 0, diskTemplate: 'ext' as const, memory, disk, disks: [{ size: disk }], ...more };
    });
    const nodes = targets.map(({ memory = 60, disk = 500, exclusive = false }, t) => {
      const totalMemory = (memory + 1) * unit;
      const free = { freeMemory: memory * unit, freeDisk: disk * unit, freeSpindles: 10 };
      return { name: `t${t}`, totalSpindles: 10, totalMemory, exclusiveStorage: exclusive, ...free };
    });
    const cluster = sampleCluster([{ name: 'n0', totalSpindles: 10 }, ...nodes], instances);
    const groups = cluster.groups.map((group) => ({ ...group, ipolicy: { ...group.ipolicy, memoryRatio } }));
    const { state, redundancy } = createAllocator(createState(prepareCluster({ ...cluster, groups })));
    assert.ok(redundancy);
    const others = Int32Array.from(targets, (_, t) => t + 1);
    return fitsSurely(state, listed(redundancy.lists, 0), others, redundancy.traits);
  };
  const plain = { diskTemplate: 'plain' as const };
  const few = [4, 1, 1, 1, 1, 1, 1, 1, 1];

  test('sure that all fit: on one node, the largest of them everywhere, or by the parts that find room', () => {
    assert.equal(sayOf([4, 4, 1], [{ memory: 10.5 }]), true);
    assert.equal(sayOf([4, 4], [{ memory: 4.5 }, { memory: 4.5 }]), true);
    assert.equal(sayOf(few, [{ memory: 11 }, { memory: 11 }, { memory: 0 }]), true);
    assert.equal(sayOf([4, 4, 1], [{ memory: 10.5, disk: 0 }]), true);
    assert.equal(
      sayOf(
        few,
        [1, 2, 3, 4].map(() => ({ disk: 11.9 })),
        plain,
      ),
      true,
    );
  });

  test('sure that not all fit: too many, or too much, for memory or for disks', () => {
    assert.equal(sayOf([4, 4, 4], [{ memory: 7 }, { memory: 7 }]), false);
    assert.equal(sayOf([1, 10], [{ memory: 5 }, { memory: 5 }]), false);
    assert.equal(sayOf([1, 10], [{ memory: 5.5 }, { memory: 5.5 }]), false);
    assert.equal(sayOf([4, 12], [{ memory: 13 }, { memory: 3.5 }]), false);
    assert.equal(sayOf([10, 10], [{ disk: 15 }], plain), false);
  });

  test('not sure: parts that may lack memory on one node and disk on another, or anything else that counts', () => {
    const roomy = { memory: 60 };
    assert.equal(sayOf(few, [{ memory: 9 }, { memory: 9 }]), undefined);
    for (const disk of [11, 9]) assert.equal(sayOf(few, [{ disk }, { disk }, { disk }], plain), undefined);
    assert.equal(sayOf([4], [roomy], {}, 2), undefined);
    assert.equal(sayOf([4], [roomy, { exclusive: true }], plain), undefined);
    // More processors than the policy lets a new one have.
    assert.equal(sayOf([4], [roomy], { ...plain, vcpus: 9 }), undefined);
    assert.equal(sayOf([4], [roomy], { vcpus: 9 }), true);
  });
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
