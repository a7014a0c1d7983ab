import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../base/index.ts';
import type { ClusterData } from '../cluster/cluster-data.ts';
import { prepareCluster } from '../cluster/prepare-cluster.ts';
import { randomCluster } from '../testing/random-cluster.ts';
import { unallocated } from './add-primary.ts';
import { admitPrimary } from './admit.ts';
import { detach } from './attach.ts';
import { createState } from './create-state.ts';
import { failMode } from './fail-mode.ts';

/** Two nodes of 65,536 MiB, 1,024 of them their own; instances of 20,480 MiB on the first, and one on the second. */
function cluster(count: number, used: number | undefined, free: number, memoryRatio?: number): ClusterData {
  const { nodes, groups, ...more } = randomCluster(seededRandom(1), { nodes: 2, instances: 40, templates: ['ext'] });
  const [like] = more.instances;
  assert.ok(like);
  const instances = Array.from({ length: count + 1 }, (_, i) => ({
    ...like,
    name: `i${i}`,
    memory: 20_480,
    usedMemory: used,
    primary: i < count ? 0 : 1,
    vcpus: 1,
  }));
  const reported = nodes.map((node, n) => ({ ...node, freeMemory: n === 0 ? free : 44_032 }));
  return { ...more, nodes: reported, instances, groups: groups.map((group) => ({ ...group, ipolicy: { ...group.ipolicy, memoryRatio } })) };
}

/** Whether the first node takes the instance that is on the second. */
function takes(data: ClusterData): number {
  const state = createState(prepareCluster(data));
  const last = data.instances.length - 1;
  detach(state, last);
  return admitPrimary(state, 0, last, false);
}

test('memory that a node reports as used beyond its records is not given away', () => {
  assert.equal(unallocated(createState(prepareCluster(cluster(2, undefined, 23_552))), 0), 23_552);
  assert.equal(unallocated(createState(prepareCluster(cluster(2, undefined, 13_552))), 0), 13_552);
  assert.equal(takes(cluster(2, undefined, 23_552)), failMode.none);
  assert.equal(takes(cluster(2, undefined, 13_552)), failMode.memory);
});

test('memory that instances have but do not use is promised to nobody else, unless the policy says so', () => {
  const free = 64_512 - 3 * 4096;
  assert.equal(takes(cluster(3, 4096, free)), failMode.memory);
  assert.equal(takes(cluster(3, 4096, free, 2)), failMode.none);
});

test('over-commitment ends where the memory really is used', () => {
  const free = 64_512 - 3 * 16_384;
  assert.equal(takes(cluster(3, 16_384, free, 2)), failMode.memory);
  assert.equal(takes(cluster(3, undefined, 64_512 - 3 * 20_480, 2)), failMode.none, 'not known: half of each size');
});

test('what other processes take counts although instances use less than they have', () => {
  const state = createState(prepareCluster(cluster(2, 4096, 64_512 - 2 * 4096 - 10_000)));
  assert.equal(state.nodes.missing[0], 10_000);
  assert.equal(unallocated(state, 0), 64_512 - 2 * 20_480 - 10_000);
});
