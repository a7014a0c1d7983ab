import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Instance } from '../../model/index.ts';
import { allocate, compileRules, isRedundant, stage } from '../../placement/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import { plainConfig, plainInstance, plainLive, plainNetwork, plainNode, plainUuid } from '../testing/plain-config.ts';
import { AllocatorKeeper, type RulesOf, type WarmAllocator } from './allocator-keeper.ts';
import { instanceData, needsOf } from './instance-needs.ts';

const nodes = Array.from({ length: 5 }, (_, k) => plainNode(k, { tags: [`rack:${k % 3}`] }));
const cluster = { tags: ['htools:iextags:service', 'htools:nlocation:rack'] };
const start = plainConfig({ cluster, nodes, instances: [] });

/** The same nodes and groups with other instances. */
function withInstances(frame: ConfigSnapshot, instances: readonly Instance[], revision: number): ConfigSnapshot {
  const { instances: collection, instancesOf } = plainConfig({ nodes, instances }, revision);
  return { ...frame, revision, instances: collection, instancesOf };
}

const change = fc.record({
  number: fc.nat({ max: 9 }),
  node: fc.nat({ max: nodes.length - 1 }),
  // Never the whole of a node: exactly full, Ganeti counts it as failed after a change, but not as it was loaded.
  memory: fc.integer({ min: 1, max: 8 }).map((gib) => gib * 1024 + 1),
  size: fc.integer({ min: 1, max: 100 }).map((gib) => gib * 1024),
  template: fc.constantFrom('file' as const, 'sharedfile' as const),
  tags: fc.constantFrom<string[][]>([], ['service:web'], ['service:db']),
  state: fc.constantFrom('up' as const, 'down' as const, 'offline' as const),
  moving: fc.option(fc.nat({ max: nodes.length - 1 }), { nil: undefined }),
  kind: fc.constantFrom('put' as const, 'put' as const, 'put' as const, 'remove' as const),
});

/** What of the state a choice depends on, and the best place of a certain instance. */
function summary({ allocator, rows }: WarmAllocator, config: ConfigSnapshot) {
  const wanted = stage(
    allocator,
    instanceData(config.cluster, config.networks, needsOf(plainInstance(99, 0, 1024, { tags: ['service:web'] }))),
  );
  const { place, group } = allocate(allocator, wanted, { requiredNodes: 1 });
  const { nodes: columns, instances } = allocator.state;
  return {
    places: [...rows].map(([uuid, row]) => [uuid, instances.primary[row]]).sort(),
    memory: [...columns.instanceMemory],
    room: [...columns.room],
    disk: [...columns.freeDisk],
    processors: [...columns.usedCpu],
    conflicts: [...columns.tagConflicts],
    domainConflicts: [...allocator.state.tags.domainConflicts],
    redundant: allocator.redundancy && isRedundant(allocator.redundancy),
    placed: place !== undefined,
    score: place?.score.toFixed(6),
    group,
  };
}

test('following changes leads to the same as making all anew', () => {
  const live = plainLive();
  let rebuilds = 0;
  fc.assert(
    fc.property(fc.array(change, { maxLength: 25 }), (changes) => {
      const keeper = new AllocatorKeeper(live);
      const instances = new Map<string, Instance>();
      keeper.follow(start, undefined);
      for (const [k, { number, node, memory, size, template, tags, state, moving, kind }] of changes.entries()) {
        if (kind === 'remove') instances.delete(plainUuid(3, number));
        else {
          const moves = moving !== undefined && moving !== node && { moving_to: plainUuid(2, moving) };
          const more = { beparams: { maxmem: memory }, disk_template: template, tags, admin_state: state, ...moves };
          instances.set(plainUuid(3, number), plainInstance(number, node, size, more));
        }
        const config = withInstances(start, [...instances.values()], k + 2);
        const fresh = summary(new AllocatorKeeper(live).follow(config, undefined), config);
        assert.deepEqual(summary(keeper.follow(config, undefined), config), fresh);
      }
      rebuilds = Math.max(rebuilds, keeper.rebuilds);
    }),
    { seed: 1, numRuns: 60 },
  );
  assert.equal(rebuilds, 1);
});

test('all is made anew when a node changes, or its report by more than a little', () => {
  const reports: Parameters<typeof plainLive>[0] = {};
  const live = plainLive(reports);
  const keeper = new AllocatorKeeper(live);
  const rebuilds = (config: ConfigSnapshot, report: (typeof reports)[string] = {}) => {
    reports[plainUuid(2, 0)] = report;
    live.version++;
    const before = keeper.rebuilds;
    keeper.follow(config, undefined);
    return keeper.rebuilds - before;
  };
  assert.equal(rebuilds(start), 1);
  assert.equal(rebuilds(start, { memory_dom0: 1100 }), 0);
  assert.equal(rebuilds(start, { memory_dom0: 2048 }), 1);
  assert.equal(rebuilds(start, { memory_dom0: 2048, disk_free: 1_040_000 }), 0);
  assert.equal(rebuilds(start, { memory_dom0: 2048, disk_free: 500_000 }), 1);
  assert.equal(rebuilds(start, null), 1);
  assert.equal(rebuilds(start, null), 0);
  const drained = nodes.map((node, k) => (k === 2 ? { ...node, drained: true } : node));
  assert.equal(rebuilds({ ...plainConfig({ nodes: drained, instances: [] }, 2), cluster: start.cluster }, null), 1);
});

/** How often all is made anew for a second configuration after a first one. */
function rebuildsFor(
  second: ConfigSnapshot,
  {
    first = start,
    report = {},
    rules,
    sameLive = false,
  }: { first?: ConfigSnapshot; report?: object; rules?: RulesOf[]; sameLive?: boolean } = {},
): number {
  const reports: Parameters<typeof plainLive>[0] = {};
  const live = plainLive(reports);
  const keeper = new AllocatorKeeper(live);
  keeper.follow(first, rules?.[0]);
  reports[plainUuid(2, 1)] = report;
  if (!sameLive) live.version++;
  keeper.follow(second, rules?.[1]);
  return keeper.rebuilds - 1;
}

test('a report counts from a hundredth of a node on, and at once where a node is another one', () => {
  const of = (report: object, sameLive = false) => rebuildsFor(start, { report, sameLive });
  assert.deepEqual([of({}), of({ memory_total: 16_385 }), of({ disk_total: 1_048_577 }), of({ cpu_total: 17 })], [0, 1, 1, 1]);
  // A hundredth of 16384 MiB is 163.84, of 1048576 MiB 10485.76.
  assert.deepEqual([of({ memory_dom0: 1024 + 163 }), of({ memory_dom0: 1024 + 164 }), of({ memory_dom0: 1024 - 164 })], [0, 1, 1]);
  assert.deepEqual([of({ disk_free: 1_048_576 - 10_485 }), of({ disk_free: 1_048_576 - 10_486 })], [0, 1]);
  assert.equal(of({ cpu_total: 17 }, true), 0, 'nothing is looked at while nobody has reported');
});

test('all is made anew for another cluster, group, network or node, or other rules, and for nothing else', () => {
  const again = { ...start, revision: 2 };
  const with_ = (change: Partial<Parameters<typeof plainConfig>[0]>) => {
    const { cluster: _, ...other } = plainConfig({ nodes, instances: [], ...change }, 2);
    return { ...other, cluster: start.cluster };
  };
  const frame = { groups: start.groups, networks: start.networks };
  assert.deepEqual([rebuildsFor(start), rebuildsFor(again), rebuildsFor({ ...with_({}), ...frame })], [0, 0, 0]);
  assert.equal(rebuildsFor({ ...again, cluster: { ...start.cluster } }), 1);
  assert.equal(rebuildsFor({ ...again, groups: with_({}).groups }), 1);
  assert.equal(rebuildsFor({ ...with_({ nodes: nodes.slice(1) }), ...frame }), 1, 'a node less');
  assert.equal(rebuildsFor({ ...with_({ networks: [plainNetwork(0)] }), groups: start.groups }), 1, 'a network more');
  const rules: RulesOf = (cluster) => compileRules(cluster, { levels: [], domains: [], links: [], migration: [] } as never, []);
  assert.deepEqual([rebuildsFor(again, { rules: [undefined, rules] }), rebuildsFor(again, { rules: [rules, rules] })], [1, 0]);
});

test('a few changes are taken over, many are not; with rules only what comes', () => {
  const some = (count: number, from = 0, more: Partial<Instance> = {}) =>
    Array.from({ length: count }, (_, k) =>
      plainInstance(from + k, k % nodes.length, 1, { disk_template: 'sharedfile', beparams: { maxmem: 1 }, ...more }),
    );
  const config = (revision: number, ...instances: Instance[]) => withInstances(start, instances, revision);
  const first = config(2);
  assert.deepEqual([rebuildsFor(config(3, ...some(64)), { first }), rebuildsFor(config(3, ...some(65)), { first })], [0, 1]);
  const full = config(2, ...some(100));
  // 64 and a quarter of those that are there may leave.
  assert.deepEqual([rebuildsFor(config(3, ...some(11)), { first: full }), rebuildsFor(config(3, ...some(10)), { first: full })], [0, 1]);
  const rules: RulesOf = (cluster) => compileRules(cluster, { levels: [], domains: [], links: [], migration: [] } as never, []);
  const two = { first: config(2, ...some(2)), rules: [rules, rules] };
  assert.equal(rebuildsFor(config(3, ...some(3)), two), 0, 'one comes');
  assert.equal(rebuildsFor(config(3, ...some(4)), two), 1, 'two come');
  assert.equal(rebuildsFor(config(3, ...some(1)), two), 1, 'one leaves');
  assert.equal(rebuildsFor(config(3, ...some(1), ...some(1, 1, { beparams: { maxmem: 2 } })), two), 1, 'one changes');
  assert.equal(rebuildsFor(config(3, ...some(2)), two), 0);
});

test('nothing is kept after it was forgotten', () => {
  const keeper = new AllocatorKeeper(plainLive());
  const warm = keeper.follow(start, undefined);
  assert.equal(keeper.follow(start, undefined), warm);
  keeper.forget();
  assert.notEqual(keeper.follow(start, undefined), warm);
});
