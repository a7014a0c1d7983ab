import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Instance } from '../../model/index.ts';
import { allocate, isRedundant, stage } from '../../placement/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import { plainConfig, plainInstance, plainLive, plainNode, plainUuid } from '../testing/plain-config.ts';
import { AllocatorKeeper, type WarmAllocator } from './allocator-keeper.ts';
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
