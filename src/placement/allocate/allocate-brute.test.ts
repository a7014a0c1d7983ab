import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Random, seededRandom } from '../../base/index.ts';
import { type AllocPolicy, type ClusterData, type InstanceData, noNode } from '../cluster/cluster-data.ts';
import { prepareCluster } from '../cluster/prepare-cluster.ts';
import { admitPrimary, admitSecondary } from '../state/admit.ts';
import { createState } from '../state/create-state.ts';
import { failMode } from '../state/fail-mode.ts';
import { clusterScore } from '../state/score.ts';
import { randomCluster } from '../testing/random-cluster.ts';
import { type AllocationRequest, allocate } from './allocate.ts';
import { createAllocator, stage } from './allocator.ts';
import { allocateDedicated, isDedicated } from './dedicated.ts';
import { matchPolicy } from './match-policy.ts';

const seeds = fc.integer({ min: 0, max: 1_000_000 });
const networks = ['red', 'blue'] as const;
const policies: readonly AllocPolicy[] = ['preferred', 'preferred', 'last_resort', 'unallocable'];
const rank = { preferred: 0, last_resort: 1, unallocable: 2 } as const;

const pickOf =
  (random: Random) =>
  <T>(list: readonly T[]): T =>
    list[Math.floor(random() * list.length)] as T;

/** Three sizes of instances, as dedicated nodes are cut into. */
const ranges = [1, 4, 16].map((times) => ({
  min: { memory: 512 * times, disk: 4096 * times, diskCount: 1, vcpus: 1, nicCount: 0, spindleUse: 1 },
  max: { memory: 4096 * times, disk: 65_536 * times, diskCount: 4, vcpus: 8, nicCount: 8, spindleUse: 8 },
}));

/** A small cluster of two groups, each with networks and a policy of its own. */
function twoGroups(random: Random, dedicated: boolean): ClusterData {
  const templates = dedicated ? (['plain'] as const) : (['drbd', 'ext'] as const);
  const instances = Math.floor(random() * 40);
  const data = randomCluster(random, { nodes: 6, instances, groups: 2, templates, varied: !dedicated });
  const groups = data.groups.map((group) => ({
    ...group,
    allocPolicy: pickOf(random)(policies),
    networks: networks.filter(() => random() < 0.6),
    ...(dedicated && { ipolicy: { ...group.ipolicy, ranges } }),
  }));
  if (!dedicated) return { ...data, groups };
  const used = (n: number) => data.instances.filter(({ primary }) => primary === n).length;
  const nodes = data.nodes.map((node, n) => {
    // Little room, so that nodes differ in what they can still take.
    const memory = Math.floor(random() * 24) * 1024 + 1;
    const disk = Math.floor(random() * 48) * 8192 + 1;
    const free = { freeMemory: Math.min(node.freeMemory, memory), freeDisk: Math.min(node.freeDisk, disk) };
    const spindles = used(n) + Math.floor(random() * 4);
    return { ...node, ...free, exclusiveStorage: true, totalSpindles: spindles, freeSpindles: spindles - used(n), offline: random() < 0.1 };
  });
  const spindled = data.instances.map((one) => ({ ...one, disks: one.disks.map((disk) => ({ ...disk, spindles: 1 })) }));
  return { ...data, groups, nodes, instances: spindled };
}

function wantedOf(random: Random, diskTemplate: 'drbd' | 'ext' | 'plain'): InstanceData {
  const pick = pickOf(random);
  const disk = pick([4096, 16_384, 65_536]);
  return {
    name: 'wanted',
    memory: pick([512, 1024, 2048, 8192]),
    disk,
    disks: [{ size: disk, spindles: 1 }],
    vcpus: pick([1, 2]),
    status: 'running',
    autoBalance: true,
    primary: noNode,
    secondary: noNode,
    diskTemplate,
    spindleUse: 1,
    tags: random() < 0.5 ? ['service:s0'] : [],
    nics: [pick([undefined, 'red', 'blue']), pick([undefined, undefined, 'blue'])].map((network) => ({ network })),
    forthcoming: false,
  };
}

/** The cluster with one more instance, in which the nodes report that they have it. */
function withInstance(data: ClusterData, instance: InstanceData): ClusterData {
  const local = instance.diskTemplate !== 'ext';
  const nodes = data.nodes.map((node, n) => {
    if (n !== instance.primary && n !== instance.secondary) return node;
    const spindles = node.exclusiveStorage ? instance.disks.reduce((sum, { spindles: own = 0 }) => sum + own, 0) : 0;
    return {
      ...node,
      freeMemory: node.freeMemory - (n === instance.primary ? instance.memory : 0),
      freeDisk: node.freeDisk - (local ? instance.disk : 0),
      freeSpindles: node.freeSpindles - spindles,
    };
  });
  return { ...data, nodes, instances: [...data.instances, instance] };
}

const stateOf = (data: ClusterData) => createState(prepareCluster(data), { spareInstances: 1 });

/** Every pair of online nodes of a group that the instance may go to, each tried on a cluster that is made anew. */
function places(data: ClusterData, wanted: InstanceData, requiredNodes: 1 | 2, only: number | undefined) {
  const allocator = createAllocator(stateOf(data), { capacityChecks: false });
  const { row, instance } = stage(allocator, wanted);
  const { state } = allocator;
  const asked = wanted.nics.flatMap(({ network }) => network ?? []);
  const may = (g: number) => {
    const group = data.groups[g];
    if (!group || !asked.every((network) => group.networks.includes(network))) return false;
    return only === undefined ? group.allocPolicy !== 'unallocable' : g === only;
  };
  const found: { readonly group: number; readonly primary: number; readonly secondary: number }[] = [];
  for (const [p, node] of data.nodes.entries()) {
    if (node.offline || !may(node.group)) continue;
    const policy = data.groups[node.group]?.ipolicy ?? data.ipolicy;
    if (matchPolicy(instance, policy, node.exclusiveStorage) !== failMode.none) continue;
    if (admitPrimary(state, p, row, false) !== failMode.none) continue;
    const others = [...data.nodes.keys()].filter((s) => s !== p && !data.nodes[s]?.offline && data.nodes[s]?.group === node.group);
    const seconds = requiredNodes === 1 ? [noNode] : others.filter((s) => admitSecondary(state, s, row, p, false, false) === failMode.none);
    for (const secondary of seconds) found.push({ group: node.group, primary: p, secondary });
  }
  return found;
}

const policyOf = (data: ClusterData, group: number) => rank[data.groups[group]?.allocPolicy ?? 'unallocable'];

function requestOf(random: Random, requiredNodes: 1 | 2): AllocationRequest & { readonly requiredNodes: 1 | 2 } {
  return { requiredNodes, ...(random() < 0.3 && { group: Math.floor(random() * 2) }), silent: random() < 0.5 };
}

test('two groups with networks: the place is the best of all that every pair of nodes offers', () => {
  let placed = 0;
  let refused = 0;
  fc.assert(
    fc.property(seeds, (seed) => {
      const random = seededRandom(seed);
      const data = twoGroups(random, false);
      const template = random() < 0.5 ? 'drbd' : 'ext';
      const wanted = wantedOf(random, template);
      const request = requestOf(random, template === 'drbd' ? 2 : 1);
      const allocator = createAllocator(stateOf(data), { capacityChecks: false });
      const { place, group } = allocate(allocator, stage(allocator, wanted), request);
      const all = places(data, wanted, request.requiredNodes, request.group).map((one) => ({
        ...one,
        score: clusterScore(stateOf(withInstance(data, { ...wanted, primary: one.primary, secondary: one.secondary }))),
      }));
      const best = Math.min(...all.map((one) => policyOf(data, one.group)));
      const scores = all.filter((one) => request.group !== undefined || policyOf(data, one.group) === best).map(({ score }) => score);
      assert.equal(place !== undefined, all.length > 0);
      if (!place || group === undefined) {
        refused++;
        return;
      }
      placed++;
      const own = all.find(({ primary, secondary }) => primary === place.primary && secondary === place.secondary);
      assert.ok(own, 'a place that is none');
      assert.equal(own.group, group);
      assert.ok(Math.abs(own.score - place.score) < 1e-9, `${place.score} is told, it is ${own.score}`);
      if (request.group === undefined) assert.equal(policyOf(data, group), best);
      assert.ok(own.score <= Math.min(...scores) + 1e-9, `${own.score} is chosen, ${Math.min(...scores)} is better`);
    }),
    { numRuns: 300, seed: 20_261_130 },
  );
  assert.ok(placed > 100 && refused > 20, `${placed} placed, ${refused} refused`);
});

/** How many instances of each size a node can take, each tried on a cluster that is made anew. */
function room(data: ClusterData, n: number): number[] {
  const sizes = (data.groups[data.nodes[n]?.group ?? 0]?.ipolicy.ranges ?? []).map(({ min }) => min).sort((a, b) => b.disk - a.disk);
  return sizes.map(({ memory, disk, vcpus, spindleUse }) => {
    let filled = data;
    for (let count = 0; ; count++) {
      const one: InstanceData = {
        ...{ name: `size-${count}`, memory, disk, disks: [], vcpus, spindleUse, primary: noNode, secondary: noNode, tags: [], nics: [] },
        ...({ status: 'running', autoBalance: false, diskTemplate: 'plain', forthcoming: false } as const),
      };
      const allocator = createAllocator(stateOf(filled), { capacityChecks: false });
      const { row } = stage(allocator, one);
      if (admitPrimary(allocator.state, n, row, false) !== failMode.none) return count;
      filled = withInstance(filled, { ...one, primary: n });
    }
  });
}

test('dedicated nodes: the place is the one that costs the fewest instances of the largest size', () => {
  let placed = 0;
  let refused = 0;
  let differing = 0;
  fc.assert(
    fc.property(seeds, (seed) => {
      const random = seededRandom(seed);
      const data = twoGroups(random, true);
      const wanted = { ...wantedOf(random, 'plain'), tags: [] };
      const request = requestOf(random, 1);
      assert.ok(isDedicated(prepareCluster(data), request.group));
      const state = createState(prepareCluster(data), { spareInstances: 1 + ranges.length });
      const allocator = createAllocator(state, { capacityChecks: false });
      const one = stage(allocator, wanted);
      const { place, group } = allocateDedicated(allocator.state, one, request, one.row + 1, false);
      const all = places(data, wanted, 1, request.group).map(({ primary, group: g }) => {
        const after = withInstance(data, { ...wanted, primary });
        const [before, left] = [room(data, primary), room(after, primary)];
        const cost = [...before.map((count, k) => count - (left[k] as number)), after.nodes[primary]?.freeDisk ?? 0];
        return { primary, group: g, cost };
      });
      assert.equal(place !== undefined, all.length > 0);
      if (!place || group === undefined) {
        refused++;
        return;
      }
      placed++;
      const worth = (g: number) => (request.group === undefined ? policyOf(data, g) : 0);
      const key = ({ group: g, cost }: { group: number; cost: readonly number[] }) => [worth(g), ...cost];
      const own = all.find(({ primary }) => primary === place.primary);
      assert.ok(own, 'a place that is none');
      assert.equal(own.group, group);
      const keys = all.map(key).sort((a, b) => firstDifference(a, b));
      assert.deepEqual(key(own), keys[0]);
      if (firstDifference(keys[0] ?? [], keys.at(-1) ?? []) !== 0) differing++;
    }),
    { numRuns: 120, seed: 20_261_130 },
  );
  assert.ok(placed > 30 && refused > 10 && differing > 10, `${placed} placed, ${refused} refused, ${differing} with a choice`);
});

function firstDifference(a: readonly number[], b: readonly number[]): number {
  const k = a.findIndex((value, at) => value !== b[at]);
  return k < 0 ? 0 : (a[k] as number) - (b[k] as number);
}
