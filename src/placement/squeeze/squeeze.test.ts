import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../base/index.ts';
import type { DiskTemplate } from '../../model/disk-templates/catalogue.ts';
import { applyMove } from '../balance/apply-move.ts';
import type { ClusterData } from '../cluster/cluster-data.ts';
import { prepareCluster } from '../cluster/prepare-cluster.ts';
import { compileRules } from '../location/compile-rules.ts';
import { emptyTopology } from '../location/topology.ts';
import { createState } from '../state/create-state.ts';
import { randomCluster } from '../testing/random-cluster.ts';
import { squeeze } from './squeeze.ts';
import { defaultLoadLimits, type SqueezeOptions, type SqueezeProgress } from './squeeze-options.ts';
import type { SqueezePlan } from './squeeze-plan.ts';

const limits: SqueezeOptions = { minimalResources: 2, targetResources: 2 };
const shared: readonly DiskTemplate[] = ['ext', 'sharedfile'];
const seeds = fc.integer({ min: 0, max: 1_000_000 });
const runs = { numRuns: 40, seed: 20_261_122 };

const cluster = (seed: number, templates = shared, instances = 40): ClusterData =>
  randomCluster(seededRandom(seed), { nodes: 8, instances, templates });

/** The state after the plan, each of whose moves must have been possible. */
function carriedOut(data: ClusterData, { action, nodes, moves }: SqueezePlan) {
  const switched = data.nodes.map((node, n) => (nodes.includes(n) ? { ...node, offline: action === 'off' } : node));
  const state = createState(prepareCluster({ ...data, nodes: switched }));
  for (const { instance, kind, target, primary, secondary } of moves) {
    assert.equal(applyMove(state, instance, kind, target, false), 0);
    assert.deepEqual([state.instances.primary[instance], state.instances.secondary[instance]], [primary, secondary]);
  }
  return state;
}

function assertSqueezed(data: ClusterData, plan: SqueezePlan, options = limits): void {
  const state = carriedOut(data, plan);
  const { std } = data.ipolicy;
  for (let n = 0; n < state.nodeCount; n++) {
    const held = (state.nodes.primaries[n] as number) + (state.nodes.secondaries[n] as number);
    if (state.nodes.offline[n] === 1) assert.equal(held, 0, `node ${n} is off and holds ${held}`);
    else {
      const free = (state.nodes.room[n] as number) - (state.nodes.instanceMemory[n] as number);
      assert.ok(free > std.memory * options.targetResources, `node ${n} has ${free} MiB left`);
      const most = (state.nodes.vcpuRatio[n] as number) * (state.nodes.totalCpu[n] as number);
      assert.ok((state.nodes.usedCpu[n] as number) + std.vcpus * options.targetResources <= most);
      assert.ok((state.nodes.freeDisk[n] as number) >= 0);
    }
  }
}

describe('switching off', () => {
  test('emptied nodes hold nothing, and all others keep room, however thoroughly the end is balanced', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(0, 5000, undefined), (seed, weighings) => {
        const data = cluster(seed);
        const plan = squeeze(prepareCluster(data), { ...limits, weighings });
        assert.equal(plan.sufficient, true);
        if (plan.action === 'off') assertSqueezed(data, plan);
      }),
      runs,
    );
    assert.equal(squeeze(prepareCluster(cluster(1)), limits).action, 'off');
  });

  test('more room to keep means no more nodes off', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const data = prepareCluster(cluster(seed));
        const [few, many] = [40, 2].map((targetResources) => squeeze(data, { ...limits, targetResources }).nodes.length) as [
          number,
          number,
        ];
        assert.ok(few <= many);
      }),
      { ...runs, numRuns: 15 },
    );
  });

  test('same cluster, same plan', () => {
    const data = prepareCluster(cluster(4));
    assert.deepEqual(squeeze(data, limits), squeeze(data, limits));
  });

  test('neither the master nor nodes with mirrored or local disks are candidates, unless mirrored ones are asked for', () => {
    const data = cluster(2, ['drbd', 'ext'], 30);
    const plain = squeeze(prepareCluster(data), limits);
    const mirrored = squeeze(prepareCluster(data), { ...limits, mirrored: true });
    const drbd = data.instances.filter(({ diskTemplate }) => diskTemplate === 'drbd');
    assert.ok(drbd.every(({ primary, secondary }) => !plain.offCandidates.includes(primary) && !plain.offCandidates.includes(secondary)));
    assert.ok(mirrored.nodes.length > plain.nodes.length && mirrored.copied > 0);
    assert.ok(!mirrored.offCandidates.includes(0));
    const state = carriedOut(data, mirrored);
    assertSqueezed(data, mirrored);
    assert.equal(
      state.nodes.failN1.reduce((sum, failed, n) => sum + (state.nodes.offline[n] === 0 ? failed : 0), 0),
      0,
    );
    const local = cluster(2, ['plain'], 60);
    const candidates = squeeze(prepareCluster(local), { ...limits, mirrored: true }).offCandidates;
    assert.ok(local.instances.every(({ primary }) => !candidates.includes(primary)));
  });

  test('progress is told for each candidate', () => {
    const told: SqueezeProgress[] = [];
    const plan = squeeze(prepareCluster(cluster(1)), { ...limits, progress: (progress) => void told.push(progress) });
    assert.deepEqual(
      told.map(({ done }) => done),
      plan.offCandidates.map((_, k) => k + 1),
    );
    assert.deepEqual(
      told
        .filter(({ accepted }) => accepted)
        .map(({ node }) => node)
        .reverse(),
      plan.nodes,
    );
  });
});

describe('load of the time', () => {
  const busy = (seed: number, cpu: number): ClusterData => {
    const data = cluster(seed);
    const load = { cpu, memory: 1, disk: 0, network: 0 };
    return { ...data, instances: data.instances.map((instance) => ({ ...instance, load, usedMemory: instance.memory / 2 })) };
  };

  test('busy processors keep nodes on; every node stays below the bound', () => {
    const idle = squeeze(prepareCluster(busy(1, 0.05)), { ...limits, load: defaultLoadLimits });
    const loaded = squeeze(prepareCluster(busy(1, 1.2)), { ...limits, load: defaultLoadLimits });
    assert.ok(loaded.nodes.length < idle.nodes.length, `${loaded.nodes.length} of ${idle.nodes.length}`);
    const { nodes } = carriedOut(busy(1, 1.2), loaded);
    nodes.primaries.forEach((count, n) => assert.ok(count * 1.2 <= 0.7 * (nodes.totalCpu[n] as number)));
  });

  test('between the two bounds nothing is switched', () => {
    const data = prepareCluster(busy(1, 1));
    const flat = (on: number, off: number) => ({ cpu: { on, off }, memory: defaultLoadLimits.memory });
    const mean = data.instances.length / data.nodes.reduce((sum, { totalCpu }) => sum + totalCpu, 0);
    assert.equal(squeeze(data, { ...limits, load: flat(5, mean) }).action, 'none');
    assert.equal(squeeze(data, { ...limits, load: flat(mean / 2, mean / 2) }).action, 'on');
  });
});

describe('switching on', () => {
  const standby = (seed: number): ClusterData => {
    const data = cluster(seed, shared, 60);
    const used = new Set(data.instances.map(({ primary }) => primary));
    const nodes = data.nodes.map((node, n) => (used.has(n) || n < 4 ? node : { ...node, offline: true, tags: ['htools:standby:auto'] }));
    const spare = { ...(data.nodes[0] as ClusterData['nodes'][number]), master: false, offline: true, tags: ['htools:standby:auto'] };
    const full = { freeMemory: spare.totalMemory - 1024, freeDisk: spare.totalDisk };
    return { ...data, nodes: [...nodes, { ...spare, ...full, name: 'spare-1' }, { ...spare, ...full, name: 'spare-2' }] };
  };

  test('as few as suffice, the first candidates first', () => {
    const data = standby(3);
    const used = data.instances.reduce((sum, { memory }) => sum + memory, 0);
    const online = data.nodes.filter(({ offline }) => !offline).length;
    // What is left on each node when a fifth of a node more carries the load.
    const memory = Math.floor(65_536 - 1024 - used / (online + 0.2));
    const ipolicy = { ...data.ipolicy, std: { ...data.ipolicy.std, memory, vcpus: 0 } };
    const plan = squeeze(prepareCluster({ ...data, ipolicy }), { minimalResources: 1, targetResources: 1 });
    assert.deepEqual([plan.action, plan.sufficient, plan.nodes], ['on', true, plan.onCandidates.slice(0, plan.nodes.length)]);
    assert.ok(plan.nodes.length > 0 && plan.nodes.length < plan.onCandidates.length);
    assert.ok(plan.moves.some(({ primary }) => plan.nodes.includes(primary)));
  });

  test('all, and a word about it, when not even all suffice', () => {
    const plan = squeeze(prepareCluster(standby(3)), { minimalResources: 100_000, targetResources: 100_000 });
    assert.deepEqual([plan.action, plan.sufficient, plan.nodes], ['on', false, plan.onCandidates]);
    assert.ok(plan.onCandidates.length >= 2);
  });
});

test('a node that stands by and does not tell its size is taken to be like the others', () => {
  const data = cluster(1);
  const unknown = { totalMemory: 0, nodeMemory: 0, freeMemory: 0, totalDisk: 0, freeDisk: 0, totalCpu: 0 };
  const silent = { ...(data.nodes[0] as ClusterData['nodes'][number]), ...unknown, name: 'silent', master: false, offline: true };
  const withSilent = (tags: readonly string[]) => prepareCluster({ ...data, nodes: [...data.nodes, { ...silent, tags }] });
  assert.equal(squeeze(withSilent(['htools:standby:auto']), limits).action, 'off');
  assert.equal(squeeze(withSilent([]), limits).action, 'on');
});

test('rules of location hold in the plan and are as before afterwards', () => {
  const data = cluster(1);
  const members = data.instances.slice(0, 4).map(({ name }) => name);
  const spread = { kind: 'spread', level: 'node', atMost: 1 } as const;
  const service = { name: 'web', members, rules: [spread] };
  const apart = { ...data, instances: data.instances.map((instance, i) => (i < 4 ? { ...instance, primary: i + 1 } : instance)) };
  const book = compileRules(apart, emptyTopology, [service]);
  assert.equal(book.hard, 0);
  const plan = squeeze(prepareCluster(apart), { ...limits, targetResources: 0, rules: book });
  assert.equal(book.hard, 0);
  const { primary } = carriedOut(apart, plan).instances;
  assert.equal(new Set(primary.slice(0, 4)).size, 4);
  const free = squeeze(prepareCluster(apart), { ...limits, targetResources: 0 });
  assert.ok(free.nodes.length > plan.nodes.length, `${free.nodes.length} and ${plan.nodes.length}`);
});

test('watts saved, where nodes tell what they take', () => {
  const data = cluster(1);
  const plan = squeeze(prepareCluster(data), limits);
  const nodes = data.nodes.map((node, n) => (n === plan.nodes[0] ? node : { ...node, tags: ['htools:watts:100:200'] }));
  const { watts } = squeeze(prepareCluster({ ...data, nodes }), limits);
  assert.deepEqual(watts, { saved: 100 * (plan.nodes.length - 1), unknown: 1 });
});
