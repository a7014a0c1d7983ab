import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Random, seededRandom } from '../../base/index.ts';
import type { DiskTemplate } from '../../model/disk-templates/catalogue.ts';
import { tryPlacement } from '../balance/apply-move.ts';
import type { ClusterData, InstanceData } from '../cluster/cluster-data.ts';
import { noNode } from '../cluster/cluster-data.ts';
import { type PreparedNode, prepareCluster } from '../cluster/prepare-cluster.ts';
import { compileRules } from '../location/compile-rules.ts';
import { hardRuleWeight } from '../location/rule-cost.ts';
import { sampleCluster } from '../location/sample-cluster.ts';
import type { Service } from '../location/service.ts';
import { emptyTopology } from '../location/topology.ts';
import { admitPrimary, admitSecondary } from '../state/admit.ts';
import { createState } from '../state/create-state.ts';
import { clusterScore } from '../state/score.ts';
import { randomCluster } from '../testing/random-cluster.ts';
import { uniformCluster } from '../testing/uniform-cluster.ts';
import { type Allocator, createAllocator, settle, stage, withdraw } from './allocator.ts';
import { boundPlaces } from './bound-places.ts';
import { findBounded } from './find-bounded.ts';
import { findPlace } from './find-place.ts';
import { matchPolicy } from './match-policy.ts';
import type { Place, Wanted } from './search.ts';
import { weighNodes } from './weigh-nodes.ts';

const seeds = fc.integer({ min: 0, max: 1_000_000 });
const rounding = 1e-9;

/** Ten to forty nodes in two groups: many of them alike, or all different, some with exclusive storage. */
function clusterOf(seed: number): { readonly random: Random; readonly data: ClusterData } {
  const random = seededRandom(seed);
  const nodes = 10 + Math.floor(random() * 30);
  const varied = random() < 0.6;
  const instances = Math.floor(random() * (varied ? 80 : 12));
  const data = randomCluster(random, { nodes, instances, groups: 2, templates: ['drbd', 'ext', 'plain'], varied });
  if (random() < 0.5) return { random, data };
  const spindled = data.instances.map((one) => ({ ...one, disks: one.disks.map((disk) => ({ ...disk, spindles: 1 })) }));
  const used = (n: number) =>
    spindled.filter(({ primary, secondary, diskTemplate }) => diskTemplate !== 'ext' && (primary === n || secondary === n));
  const exclusive = data.nodes.map((node, n) =>
    n % 3 === 0 ? { ...node, exclusiveStorage: true, totalSpindles: 24, freeSpindles: 24 - used(n).length } : node,
  );
  return { random, data: { ...data, nodes: exclusive, instances: spindled } };
}

function instanceOf(random: Random, k: number): InstanceData {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const diskTemplate = pick<DiskTemplate>(['drbd', 'drbd', 'ext', 'plain']);
  return {
    name: `new-${k}`,
    memory: pick([1024, 1024, 4096]),
    disk: 4096,
    disks: [{ size: 4096, spindles: 1 }],
    vcpus: pick([1, 4]),
    status: 'running',
    autoBalance: random() < 0.8,
    primary: noNode,
    secondary: noNode,
    diskTemplate,
    spindleUse: pick([1, 1, 3]),
    tags: random() < 0.3 ? ['service:s1', 'rack:r1'] : [],
    nics: [],
    forthcoming: random() < 0.1,
    ...(random() < 0.3 ? { load: { cpu: 0.5, memory: 2, disk: 3, network: 0 } } : {}),
  };
}

/** Every place that is admitted, with the score as it would be: computed from the columns, with the instance in them. */
function allPlaces({ state, search }: Allocator, { row, instance }: Wanted, nodes: Int32Array): Place[] {
  const places: Place[] = [];
  const change = new Float64Array(3);
  const add = (primary: number, secondary: number) => {
    const { rules } = search;
    rules?.weigh(row, primary, secondary, change);
    if ((change[0] as number) > 0) return;
    const cost = rules ? (rules.hard + (change[0] as number)) * hardRuleWeight + rules.soft + (change[1] as number) : 0;
    places.push({ primary, secondary, score: cost + tryPlacement(state, row, primary, secondary, () => clusterScore(state)) });
  };
  for (const p of nodes) {
    const policy = state.data.groups[state.nodes.group[p] as number]?.ipolicy;
    if (!policy || matchPolicy(instance, policy, state.nodes.exclusive[p] === 1) || admitPrimary(state, p, row, false)) continue;
    if (instance.diskTemplate !== 'drbd') add(p, noNode);
    else for (const s of nodes) if (s !== p && admitSecondary(state, s, row, p, false, false) === 0) add(p, s);
  }
  return places;
}

/** The bounds hold for all places, and the bounded search finds the one that looking at each finds. */
function compare(allocator: Allocator, wanted: Wanted, nodes: Int32Array): Place | undefined {
  const { search } = allocator;
  const pairs = wanted.instance.diskTemplate === 'drbd';
  const secondaries = pairs ? nodes : undefined;
  weighNodes(search, wanted, nodes, secondaries ?? new Int32Array());
  boundPlaces(search, wanted, nodes, secondaries ?? new Int32Array());
  const { primary, secondary, floor } = search.weighing;
  const places = allPlaces(allocator, wanted, nodes);
  for (const { primary: p, secondary: s, score } of places) {
    const bound = floor + (primary.bounds[p] as number) + (s < 0 ? 0 : (secondary.bounds[s] as number));
    assert.ok(bound <= score + rounding, `place ${p} ${s} scores ${score}, below its bound ${bound}`);
  }
  const found = findBounded(search, wanted, nodes, secondaries);
  const least = Math.min(...places.map(({ score }) => score));
  assert.equal(found === undefined, places.length === 0);
  if (!found) return undefined;
  assert.ok(places.some((place) => place.primary === found.primary && place.secondary === found.secondary));
  assert.ok(Math.abs(found.score - least) < rounding, `${found.score} instead of ${least}`);
  const exact = findPlace(search, wanted, { primaries: nodes, secondaries }, { redundancy: undefined });
  // Of very many that are equal the last is taken, without asking how they are rounded.
  if (places.filter(({ score }) => score < least + rounding).length <= 64)
    assert.deepEqual({ ...exact.place, order: 0, score: 0 }, { ...found, order: 0, score: 0 });
  assert.equal(exact.successes, places.length);
  return found;
}

test('the bounded search finds what looking at every place finds, while instances of all shapes come and go', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const { random, data } = clusterOf(seed);
      const allocator = createAllocator(createState(prepareCluster(data), { spareInstances: 40 }), { capacityChecks: false });
      const first = instanceOf(random, 0);
      const other = instanceOf(random, 1);
      // Shapes that differ in one thing from the first, so that what is known of one must not serve for another.
      const fields = (['memory', 'vcpus', 'autoBalance', 'diskTemplate', 'spindleUse', 'forthcoming', 'load'] as const).toSorted(
        () => random() - 0.5,
      );
      const shapes = [first, ...fields.slice(0, 2).map((field) => ({ ...first, [field]: other[field] }))];
      const placed: number[] = [];
      for (let k = 0; k < 12; k++) {
        const shape = shapes[k % 3] as InstanceData;
        const wanted = stage(allocator, { ...shape, name: `new-${k}`, tags: k === 5 ? shape.tags : [] });
        const group = Math.floor(random() * 2);
        const place = compare(allocator, wanted, allocator.search.online.get(group) ?? new Int32Array());
        if (!place) continue;
        settle(allocator, wanted, place);
        placed.push(wanted.row);
        if (random() < 0.3) withdraw(allocator, placed.splice(Math.floor(random() * placed.length), 1)[0] as number);
      }
    }),
    { numRuns: 40, seed: 20_261_123 },
  );
});

test('rules of location are weighed in the bounded search too', () => {
  const services = (seed: number): Service[] => [
    {
      name: 'web',
      members: ['new-*', 'instance-0000*'],
      rules: [{ kind: 'spread', level: 'node', atMost: 1, weight: 0.2 + (seed % 5) / 10 }],
    },
    { name: 'db', members: ['new-*', 'instance-0001*'], rules: [{ kind: 'spread', level: 'node', atMost: 1 + (seed % 2) }] },
  ];
  fc.assert(
    fc.property(seeds, (seed) => {
      const { random, data } = clusterOf(seed);
      const rules = (cluster: ClusterData) => compileRules(cluster, emptyTopology, services(seed));
      const allocator = createAllocator(createState(prepareCluster(data)), { capacityChecks: false, rules });
      for (let k = 0; k < 3; k++) {
        const wanted = stage(allocator, instanceOf(random, k));
        const place = compare(allocator, wanted, allocator.search.online.get(0) ?? new Int32Array());
        if (place) settle(allocator, wanted, place);
      }
    }),
    // Among the first places is one for an instance that is only forthcoming, beside one with the same exclusion tag.
    { numRuns: 20, seed: 20_261_123, examples: [[19]] },
  );
});

test('among nodes that are alike, or nearly, the last of the best pairs is found', () => {
  let places = 0;
  fc.assert(
    fc.property(seeds, (seed) => {
      const random = seededRandom(seed);
      const data = prepareCluster(uniformCluster(random, { tagged: random() < 0.2 }));
      const [low, high] = [data.nodes[0], data.nodes.at(-1)] as [PreparedNode, PreparedNode];
      const services: Service[] = [{ name: 'new', members: ['new'], rules: [{ kind: 'keptOut', domains: [low.name, high.name] }] }];
      const rules = random() < 0.2 ? (cluster: ClusterData) => compileRules(cluster, emptyTopology, services) : undefined;
      const allocator = createAllocator(createState(data), { capacityChecks: false, rules });
      const wanted: InstanceData = {
        ...instanceOf(random, 0),
        name: 'new',
        memory: 1024 * (1 + Math.floor(random() * 5)),
        vcpus: 1,
        spindleUse: 1,
        diskTemplate: 'drbd',
        tags: random() < 0.5 ? ['service:s1'] : [],
      };
      const all = Int32Array.from(data.nodes.keys());
      const begin = Math.floor(random() * 6);
      const nodes = random() < 0.6 ? all.subarray(begin, begin + 2) : all;
      if (compare(allocator, stage(allocator, wanted), nodes)) places++;
    }),
    { numRuns: 400, seed: 20_261_123 },
  );
  assert.ok(places > 150, `${places}`);
});

test('where more pairs are equal than can be looked at, it is still the last', () => {
  const nodes = Array.from({ length: 200 }, (_, n) => ({ name: `n${n}`, totalSpindles: 10 }));
  const allocator = createAllocator(createState(prepareCluster(sampleCluster(nodes, []))), { capacityChecks: false });
  const wanted = stage(allocator, { ...instanceOf(seededRandom(1), 0), diskTemplate: 'drbd', tags: [] });
  const all = allocator.search.online.get(0) ?? new Int32Array();
  weighNodes(allocator.search, wanted, all, all);
  boundPlaces(allocator.search, wanted, all, all);
  const found = findBounded(allocator.search, wanted, all, all);
  assert.deepEqual([found?.primary, found?.secondary], [199, 198]);
});

test('nodes whose values are the same still differ in whose failure they stand in for', () => {
  const unit = 1024;
  /** Where one of the first nodes and one of the last can have an instance of 3 GiB; each mirror has 4 GiB, the nodes under it 6. */
  const placeOn = (sizes: readonly number[], mirrors: readonly (readonly [number, number])[], ps: number[], ss: number[]) => {
    const instances = mirrors.map(([primary, secondary], k) => ({ name: `i${k}`, primary, secondary, memory: 4 * unit }));
    const used = (n: number) => mirrors.filter(([primary]) => primary === n).length * 4 * unit;
    const nodes = sizes.map((size, n) => {
      const totalMemory = (size + 1) * unit;
      return { name: `n${n}`, totalSpindles: 10, totalMemory, freeMemory: size * unit - used(n) };
    });
    const allocator = createAllocator(createState(prepareCluster(sampleCluster(nodes, instances))), { capacityChecks: false });
    const shape = { ...instanceOf(seededRandom(1), 0), diskTemplate: 'drbd' as const, autoBalance: true, forthcoming: false, tags: [] };
    const wanted = stage(allocator, { ...shape, memory: 3 * unit });
    const [primaries, secondaries] = [Int32Array.from(ps), Int32Array.from(ss)];
    weighNodes(allocator.search, wanted, primaries, secondaries);
    boundPlaces(allocator.search, wanted, primaries, secondaries);
    const found = findBounded(allocator.search, wanted, primaries, secondaries);
    return found && [found.primary, found.secondary];
  };
  const last = [2, 3, 4, 5, 6, 7, 8, 9];
  const ofTwo = last.map((n) => [n < 8 ? 1 : 0, n] as const);
  const roomy = [60, 60, ...last.map(() => 6)];
  assert.deepEqual(placeOn(roomy, ofTwo, [0], last), [0, 7]);
  assert.equal(placeOn(roomy, ofTwo, [0], [8, 9]), undefined);
  const first = [0, 1, 2, 3, 4, 5, 6, 7];
  const toTwo = first.map((n) => [n, n < 6 ? 9 : 8] as const);
  assert.deepEqual(placeOn([...first.map(() => 20), 6, 6], toTwo, first, [8]), [5, 8]);
});

test('bounds hold however long instances come, and where they are asked for the first time late', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const random = seededRandom(seed);
      const data = randomCluster(random, { nodes: 24, instances: 40, groups: 1, templates: ['drbd', 'ext'], varied: true });
      const allocator = createAllocator(createState(prepareCluster(data), { spareInstances: 400 }), { capacityChecks: false });
      const small = { ...instanceOf(random, 0), memory: 128, disk: 1024, disks: [{ size: 1024 }], vcpus: 1, tags: [], forthcoming: false };
      const nodes = allocator.search.online.get(0) ?? new Int32Array();
      for (let k = 0; k < 300; k++) {
        const wanted = stage(allocator, { ...small, name: `new-${k}`, diskTemplate: 'ext' });
        weighNodes(allocator.search, wanted, nodes, new Int32Array());
        boundPlaces(allocator.search, wanted, nodes, new Int32Array());
        const place = findBounded(allocator.search, wanted, nodes, undefined);
        if (place) settle(allocator, wanted, place);
        if (k % 80 === 79)
          for (const diskTemplate of ['ext', 'drbd'] as const) compare(allocator, stage(allocator, { ...small, diskTemplate }), nodes);
      }
    }),
    { numRuns: 5, seed: 20_261_123 },
  );
});
