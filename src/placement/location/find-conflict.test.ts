import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileRules } from './compile-rules.ts';
import { findConflict, refuseConflict } from './find-conflict.ts';
import { sampleCluster } from './sample-cluster.ts';
import type { LocationRule, Service } from './service.ts';
import { emptyTopology, type Topology } from './topology.ts';

const topology: Topology = {
  ...emptyTopology,
  levels: ['site', 'rack'],
  domains: [
    { name: 'east', level: 'site', nodes: [] },
    { name: 'west', level: 'site', nodes: [] },
    { name: 'e1', level: 'rack', parent: 'east', nodes: ['n0', 'n1'] },
    { name: 'e2', level: 'rack', parent: 'east', nodes: ['n2'] },
    { name: 'w1', level: 'rack', parent: 'west', nodes: ['n3'] },
  ],
};
const nodes = ['n0', 'n1', 'n2', 'n3'].map((name) => ({ name }));
const clusterOf = (count: number, diskTemplate: 'drbd' | 'ext' = 'ext') =>
  sampleCluster(
    nodes,
    Array.from({ length: count }, (_, i) => ({
      name: `${i < 3 ? 'web' : 'db'}${i}`,
      primary: 0,
      secondary: diskTemplate === 'drbd' ? 1 : -1,
      diskTemplate,
    })),
  );
const servicesOf = (web: LocationRule[], db: LocationRule[] = []): Service[] => [
  { name: 'web', members: ['web*'], rules: web },
  { name: 'db', members: ['db*'], rules: db },
];
const conflict = (web: LocationRule[], db: LocationRule[] = [], cluster = clusterOf(5)) =>
  findConflict(cluster, { topology, services: servicesOf(web, db) })?.rules.map(({ rule }) => rule);

test('rules that can hold are no conflict', () => {
  assert.equal(
    conflict([
      { kind: 'spread', level: 'rack', atMost: 1, atLeast: 3 },
      { kind: 'keptOut', domains: ['n1'] },
    ]),
    undefined,
  );
  assert.equal(conflict([{ kind: 'together', level: 'rack' }], [{ kind: 'apart', service: 'web', level: 'site' }]), undefined);
});

test('counting: too many members, too few domains, nowhere to go', () => {
  assert.deepEqual(
    conflict([
      { kind: 'spread', level: 'rack', atMost: 1 },
      { kind: 'pinned', domains: ['east'] },
      { kind: 'together', level: 'site' },
    ]),
    ['web: at most 1 per rack', 'web: together in one site'],
  );
  assert.deepEqual(conflict([{ kind: 'spread', level: 'site', atLeast: 3 }]), ['web: in at least 3 sites']);
  assert.deepEqual(
    conflict([
      { kind: 'pinned', domains: ['e1'] },
      { kind: 'spread', level: 'rack', atMost: 3 },
      { kind: 'keptOut', domains: ['east'] },
    ]),
    ['web: only in e1', 'web: not in east'],
  );
  assert.deepEqual(
    conflict(
      [
        { kind: 'needs', service: 'db', level: 'site' },
        { kind: 'pinned', domains: ['west'] },
      ],
      [{ kind: 'pinned', domains: ['e2'] }],
    ),
    ['web: needs db in its site', 'web: only in west', 'db: only in e2'],
  );
});

test('trying: rules that only together leave nothing', () => {
  assert.deepEqual(
    conflict(
      [
        { kind: 'spread', level: 'rack', atMost: 1 },
        { kind: 'desired', domains: ['e1'], weight: 1 },
      ],
      [
        { kind: 'apart', service: 'web', level: 'rack' },
        { kind: 'keptOut', domains: ['n0'] },
      ],
    ),
    ['web: at most 1 per rack', 'db: no rack shared with web'],
  );
  const mirrored = clusterOf(4, 'drbd');
  assert.deepEqual(
    conflict(
      [
        { kind: 'replicas', apart: 'rack', within: 'site' },
        { kind: 'pinned', domains: ['e1', 'w1'] },
      ],
      [],
      mirrored,
    ),
    ['web: replicas in different racks', 'web: replicas in one site', 'web: only in e1, w1'],
  );
});

test('nodes that are down do not make rules wrong: they will come back', () => {
  const cluster = clusterOf(3);
  const down = { ...cluster, nodes: cluster.nodes.map((node, n) => ({ ...node, offline: n === 3 })) };
  const rules = [{ kind: 'spread', level: 'rack', atLeast: 3 } as const];
  assert.deepEqual(conflict(rules, [], down), conflict(rules, [], cluster));
});

test('large services are judged by counting, in no time', () => {
  const many = sampleCluster(
    Array.from({ length: 300 }, (_, n) => ({ name: `n${n}` })),
    Array.from({ length: 2000 }, (_, i) => ({ name: `vm${i}`, primary: i % 300, diskTemplate: 'ext' as const })),
  );
  const service = (atMost: number): Service[] => [{ name: 'all', members: ['*'], rules: [{ kind: 'spread', level: 'node', atMost }] }];
  assert.equal(findConflict(many, { topology: emptyTopology, services: service(7) }), undefined);
  assert.equal(findConflict(many, { topology: emptyTopology, services: service(6) })?.rules.length, 1);
});

test('counting sees where a large service cannot meet another, or cannot be mirrored', () => {
  const large = sampleCluster(
    nodes,
    Array.from({ length: 300 }, (_, i) => ({ name: `${i < 150 ? 'web' : 'db'}${i}`, primary: 0, secondary: 1 })),
  );
  const meeting = conflict(
    [
      { kind: 'needs', service: 'db', level: 'rack' },
      { kind: 'pinned', domains: ['e1'] },
    ],
    [{ kind: 'keptOut', domains: ['e1'] }],
    large,
  );
  assert.deepEqual(meeting, ['web: needs db in its rack', 'web: only in e1', 'db: not in e1']);
  assert.deepEqual(
    conflict(
      [
        { kind: 'replicas', apart: 'rack' },
        { kind: 'pinned', domains: ['e1'] },
      ],
      [],
      large,
    ),
    ['web: replicas in different racks', 'web: only in e1'],
  );
});

test('the error names the rules, where they are, and why', () => {
  const services = servicesOf([
    { kind: 'spread', level: 'rack', atMost: 1, at: 'location.yaml:9' },
    { kind: 'pinned', domains: ['east'] },
  ]);
  assert.throws(() => refuseConflict(clusterOf(3), { topology, services }), {
    code: 'LOCATION_CONFLICT',
    message:
      'These hard rules contradict each other: "web: at most 1 per rack" (location.yaml:9), "web: only in east" (service web). ' +
      'web has 3 members, and 2 racks and 3 nodes are open to them.',
  });
});

const level = fc.constantFrom('site', 'rack', 'node');
const domains = fc.subarray(['e1', 'e2', 'w1', 'n0', 'n3'], { minLength: 1 });
const rule: fc.Arbitrary<LocationRule> = fc.oneof(
  fc.record({ kind: fc.constant('spread' as const), level, atMost: fc.integer({ min: 1, max: 2 }) }),
  fc.record({ kind: fc.constant('spread' as const), level, atLeast: fc.integer({ min: 2, max: 3 }) }),
  fc.record({ kind: fc.constant('spread' as const), level, skew: fc.integer({ min: 0, max: 1 }) }),
  fc.record({ kind: fc.constant('together' as const), level }),
  fc.record({ kind: fc.constantFrom('pinned' as const, 'keptOut' as const), domains }),
  fc.record({ kind: fc.constantFrom('needs' as const, 'apart' as const), level, service: fc.constant('db') }),
);

test('a conflict is there if and only if no placement at all fulfils the rules', () => {
  const cluster = clusterOf(4);
  const possible = (services: readonly Service[]): boolean => {
    const book = compileRules(cluster, topology, services);
    for (let code = 0; code < 256; code++) {
      for (let i = 0; i < 4; i++) book.place(i, (code >> (2 * i)) & 3, -1);
      if (book.hard === 0) return true;
    }
    return false;
  };
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 4 }), fc.array(rule, { maxLength: 2 }), (web, db) => {
      const own = db.filter((one) => one.kind !== 'needs' && one.kind !== 'apart');
      const services = servicesOf(web, own);
      const found = findConflict(cluster, { topology, services });
      assert.equal(found === undefined, possible(services));
    }),
    { seed: 5, numRuns: 300 },
  );
});
