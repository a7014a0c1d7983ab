import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GantryError } from '../../base/index.ts';
import { draftRules, migrationRules, ruleKind } from './draft-rules.ts';
import { createLayout } from './layout.ts';
import { sampleCluster } from './sample-cluster.ts';
import type { LocationRule, Service } from './service.ts';
import { emptyTopology, type Topology } from './topology.ts';

const cluster = sampleCluster(
  Array.from({ length: 4 }, (_, n) => ({ name: `node${n}`, group: n < 3 ? 0 : 1 })),
  [],
);
const topology: Topology = {
  ...emptyTopology,
  levels: ['site', 'rack'],
  domains: [
    { name: 'east', level: 'site', nodes: ['node0'] },
    { name: 'r1', level: 'rack', parent: 'east', nodes: ['node1'] },
    { name: 'r2', level: 'rack', nodes: ['node2', 'node3'] },
  ],
};
const layout = createLayout(cluster, topology);
const members = new Map([
  ['web', Int32Array.of(0, 1, 2)],
  ['db', Int32Array.of(3)],
]);
const web = (rules: readonly LocationRule[], more: Partial<Service> = {}): Service => ({ name: 'web', members: [], rules, ...more });
const problem = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return `${(error as GantryError).code} ${(error as GantryError).message}`;
  }
  return 'none';
};

test('a layout has the levels of the topology, then groups and nodes; who stands nowhere is a domain alone', () => {
  assert.deepEqual(
    layout.levels.map(({ name, named, domainNames, domainOf }) => [name, named, domainNames, [...domainOf]]),
    [
      ['site', 1, ['east', 'node2', 'node3'], [0, 0, 1, 2]],
      ['rack', 2, ['r1', 'r2', 'node0'], [2, 0, 1, 1]],
      ['group', cluster.groups.length, cluster.groups.map(({ name }) => name), [0, 0, 0, 1]],
      ['node', 4, ['node0', 'node1', 'node2', 'node3'], [0, 1, 2, 3]],
    ],
  );
  assert.equal(layout.nodeCount, 4);
  assert.deepEqual(
    ['site', 'rack', 'group', 'node'].map((name) => layout.level(name, 'here')),
    [0, 1, 2, 3],
  );
  assert.deepEqual(
    ['east', 'r1', 'r2', 'node3'].map((name) => [...layout.nodesOf(name, 'here')].join('')),
    ['1100', '0100', '0011', '0001'],
  );
  assert.deepEqual(
    [layout.place('east', 'here'), layout.place('r2', 'here')],
    [
      { level: 0, domain: 0 },
      { level: 1, domain: 1 },
    ],
  );
  assert.match(
    problem(() => layout.level('racks', 'line 3')),
    /^LOCATION_UNKNOWN .*line 3.*racks/s,
  );
  assert.match(
    problem(() => layout.nodesOf('r3', 'line 4')),
    /^LOCATION_UNKNOWN .*line 4.*r3/s,
  );
  assert.match(
    problem(() => layout.place('node3', 'line 5')),
    /^LOCATION_UNKNOWN .*line 5.*node3/s,
  );
});

test('what an operator writes becomes rules that count one thing each', () => {
  const rules: LocationRule[] = [
    { kind: 'spread', level: 'rack', atMost: 1, atLeast: 2, skew: 3, weight: 5 },
    { kind: 'together', level: 'site' },
    { kind: 'near', latency: 4 },
    { kind: 'needs', service: 'db', level: 'rack' },
    { kind: 'apart', service: 'db', level: 'node' },
    { kind: 'pinned', domains: ['r1', 'node3'] },
    { kind: 'keptOut', domains: ['east'] },
    { kind: 'desired', domains: ['r2'] },
    { kind: 'replicas', apart: 'rack', within: 'site', latency: 2 },
    { kind: 'migration', level: 'rack' },
  ];
  const drafts = draftRules(layout, members, [web(rules)]);
  assert.deepEqual(
    drafts.map(({ kind, name, weight, level, limit, others, forbidden }) => [
      kind,
      name,
      weight,
      level,
      limit,
      [...others],
      forbidden?.join(''),
    ]),
    [
      [ruleKind.atMost, 'web: at most 1 per rack', 5, 1, 1, [], undefined],
      [ruleKind.atLeast, 'web: in at least 2 racks', 5, 1, 2, [], undefined],
      [ruleKind.skew, 'web: even over racks within 3', 5, 1, 3, [], undefined],
      [ruleKind.together, 'web: together in one site', 0, 0, 0, [], undefined],
      [ruleKind.near, 'web: within 4 ms of each other', 0, -1, 4, [], undefined],
      [ruleKind.needs, 'web: needs db in its rack', 0, 1, 0, [3], undefined],
      [ruleKind.apart, 'web: no node shared with db', 0, 3, 0, [3], undefined],
      [ruleKind.area, 'web: only in r1, node3', 0, -1, 0, [], '1010'],
      [ruleKind.area, 'web: not in east', 0, -1, 0, [], '1100'],
      [ruleKind.primaryArea, 'web: desired in r2', 0, -1, 0, [], '1100'],
      [ruleKind.replicasApart, 'web: replicas in different racks', 0, 1, 0, [], undefined],
      [ruleKind.replicasWithin, 'web: replicas in one site', 0, 0, 0, [], undefined],
      [ruleKind.replicasNear, 'web: replicas within 2 ms', 0, -1, 2, [], undefined],
    ],
  );
  for (const { service, members: own } of drafts) assert.deepEqual([service, [...own]], ['web', [0, 1, 2]]);
  for (const lone of [{ atMost: 0 }, { atLeast: 0 }, { skew: 0 }])
    assert.equal(draftRules(layout, members, [web([{ kind: 'spread', level: 'rack', ...lone }])]).length, 1);
  for (const lone of [{ apart: 'rack' }, { within: 'rack' }, { latency: 0 }])
    assert.equal(draftRules(layout, members, [web([{ kind: 'replicas', ...lone }])]).length, 1);
});

test('a service survives a domain when no more run in one than it can spare, but one may always run', () => {
  const limits = [undefined, 0, 1, 2, 3, 4].map((minimumAlive) =>
    draftRules(layout, members, [web([{ kind: 'survive', level: 'rack' }], { minimumAlive })]).map(({ kind, name, level, limit }) => [
      kind,
      name,
      level,
      limit,
    ]),
  );
  const apart = [ruleKind.replicasApart, 'web: survives a rack: replicas in different ones', 1, 0];
  const atMost = (spare: number) => [ruleKind.atMost, `web: survives a rack: at most ${spare} in one`, 1, spare];
  assert.deepEqual(limits, [[apart], [apart, atMost(3)], [apart, atMost(2)], [apart, atMost(1)], [apart, atMost(1)], [apart, atMost(1)]]);
});

test('a service without members has rules too; what is not known is told where it stands', () => {
  const [draft] = draftRules(layout, new Map(), [web([{ kind: 'together', level: 'rack', at: 'line 7' }])]);
  assert.deepEqual([draft?.members.length, draft?.at], [0, 'line 7']);
  const tried = (rule: LocationRule) => problem(() => draftRules(layout, members, [web([rule], { at: 'line 9' })]));
  assert.match(tried({ kind: 'needs', service: 'dbs', level: 'rack' }), /^LOCATION_UNKNOWN .*line 9.*dbs/s);
  assert.match(tried({ kind: 'together', level: 'racks' }), /^LOCATION_UNKNOWN .*line 9.*racks/s);
  assert.match(tried({ kind: 'pinned', domains: ['r1', 'r9'], at: 'line 8' }), /^LOCATION_UNKNOWN .*line 8.*r9/s);
});

test('only rules of migration say where instances may migrate', () => {
  const rules: LocationRule[] = [
    { kind: 'together', level: 'site' },
    { kind: 'migration', level: 'rack' },
  ];
  assert.deepEqual(
    migrationRules(layout, members, [web(rules), web(rules, { name: 'none' })]).map(({ name, level, members: own }) => [
      name,
      level,
      [...own],
    ]),
    [
      ['web: migrates within one rack', 1, [0, 1, 2]],
      ['none: migrates within one rack', 1, []],
    ],
  );
  assert.deepEqual(draftRules(layout, members, [web(rules.slice(1))]), []);
  assert.match(
    problem(() => migrationRules(layout, members, [web([{ kind: 'migration', level: 'row', at: 'line 2' }])])),
    /line 2.*row/s,
  );
});
