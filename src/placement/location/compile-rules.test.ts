import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { noNode } from '../cluster/cluster-data.ts';
import { compileRules } from './compile-rules.ts';
import { breaksHardRule, createRuleChange } from './rule-book.ts';
import { sampleCluster } from './sample-cluster.ts';
import type { LocationRule, Service } from './service.ts';
import { emptyTopology, type Topology } from './topology.ts';

/** Two sites of two racks; node 7 stands in no rack. The sites are the node groups, too. */
const nodes = Array.from({ length: 8 }, (_, n) => ({ name: `node${n}`, group: n < 4 ? 0 : 1 }));
const topology: Topology = {
  ...emptyTopology,
  levels: ['site', 'rack'],
  domains: [
    { name: 'east', level: 'site', nodes: [] },
    { name: 'west', level: 'site', nodes: ['node7'] },
    { name: 'e1', level: 'rack', parent: 'east', nodes: ['node0', 'node1'] },
    { name: 'e2', level: 'rack', parent: 'east', nodes: ['node2', 'node3'] },
    { name: 'w1', level: 'rack', parent: 'west', nodes: ['node4'] },
    { name: 'w2', level: 'rack', parent: 'west', nodes: ['node5', 'node6'] },
  ],
  links: [
    { between: ['east', 'west'], latency: 4, bandwidth: 100, load: 20 },
    { between: ['e1', 'east'], latency: 0.5, bandwidth: 50, weight: 3 },
    { between: ['w1', 'w2'], latency: 1 },
  ],
};
const rackOf = ['e1', 'e1', 'e2', 'e2', 'w1', 'w2', 'w2', '7'];
const siteOf = ['east', 'east', 'east', 'east', 'west', 'west', 'west', 'west'];
const domainAt = (level: string, n: number): string =>
  ({ rack: rackOf[n], site: siteOf[n], group: siteOf[n], node: String(n) })[level] as string;

function msBetween(p: number, s: number): number {
  const [a, b] = [rackOf[p], rackOf[s]];
  if (a === b) return 0;
  const uplinks = (a === 'e1' ? 0.5 : 0) + (b === 'e1' ? 0.5 : 0);
  if (siteOf[p] !== siteOf[s]) return 4 + uplinks;
  return [a, b].includes('w1') && [a, b].includes('w2') ? 1 : uplinks;
}

type Spot = readonly [primary: number, secondary: number];
const members: Record<string, readonly number[]> = { web: [0, 1, 2, 3, 4], db: [4, 5, 6], solo: [7] };
const services = (rules: Record<string, readonly LocationRule[]>): Service[] =>
  Object.entries(members).map(([name, own]) => ({ name, members: own.map((i) => `vm${i}`), minimumAlive: 2, rules: rules[name] ?? [] }));
const clusterAt = (spots: readonly Spot[]) =>
  sampleCluster(
    nodes,
    spots.map(([primary, secondary], i) => ({ name: `vm${i}`, primary, secondary, writeRate: i + 1 })),
  );

const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, one) => total + one, 0);
const spotsOf = (name: string, spots: readonly Spot[]) => (members[name] ?? []).map((i) => spots[i] as Spot).filter(([p]) => p >= 0);
const tally = (level: string, all: readonly Spot[]) => Map.groupBy(all, ([p]) => domainAt(level, p));
const crowded = (level: string, limit: number, own: readonly Spot[]) =>
  sum([...tally(level, own).values()].map((all) => Math.max(0, all.length - limit)));
const sameDomain = (level: string, own: readonly Spot[]) =>
  own.filter(([p, s]) => s >= 0 && domainAt(level, p) === domainAt(level, s)).length;

/** The excess of a rule by its meaning, counted from nothing. */
function countExcess(service: string, rule: LocationRule, spots: readonly Spot[]): number {
  const own = spotsOf(service, spots);
  switch (rule.kind) {
    case 'spread': {
      const { level, atMost = 99, atLeast = 0, skew = 99 } = rule;
      const sizes = nodes.map((_, n) => tally(level, own).get(domainAt(level, n))?.length ?? 0);
      const few = Math.max(0, Math.min(atLeast, own.length) - tally(level, own).size);
      return crowded(level, atMost, own) + few + Math.max(0, Math.max(...sizes) - Math.min(...sizes) - skew);
    }
    case 'together':
      return own.length - Math.max(0, ...[...tally(rule.level, own).values()].map((all) => all.length));
    case 'near':
      return sum(own.map(([p], k) => own.slice(k + 1).filter(([q]) => msBetween(p, q) > rule.latency).length));
    case 'needs':
      return own.filter(([p]) => !tally(rule.level, spotsOf(rule.service, spots)).has(domainAt(rule.level, p))).length;
    case 'apart': {
      const other = tally(rule.level, spotsOf(rule.service, spots));
      return sum([...tally(rule.level, own)].map(([domain, all]) => Math.min(all.length, other.get(domain)?.length ?? 0)));
    }
    case 'survive':
      return sameDomain(rule.level, own) + crowded(rule.level, Math.max(1, (members[service]?.length ?? 0) - 2), own);
    default:
      return countPlaces(rule, own);
  }
}

/** Rules that look at the nodes of each member alone. */
function countPlaces(rule: LocationRule, own: readonly Spot[]): number {
  const inside = (names: readonly string[], n: number) => names.some((name) => name === rackOf[n] || name === siteOf[n]);
  const mirrored = own.filter(([, s]) => s >= 0);
  if (rule.kind === 'pinned') return own.flat().filter((n) => n >= 0 && !inside(rule.domains, n)).length;
  if (rule.kind === 'keptOut') return own.flat().filter((n) => n >= 0 && inside(rule.domains, n)).length;
  if (rule.kind === 'desired') return own.filter(([p]) => !inside(rule.domains, p)).length;
  if (rule.kind !== 'replicas') return 0;
  const { apart, within, latency = 99 } = rule;
  const split = within === undefined ? 0 : mirrored.length - sameDomain(within, mirrored);
  return (apart === undefined ? 0 : sameDomain(apart, mirrored)) + split + mirrored.filter(([p, s]) => msBetween(p, s) > latency).length;
}

/** Hard and soft excess of the links, counted from nothing. */
function countLinks(spots: readonly Spot[]): [number, number] {
  const load = (crosses: (p: number, s: number) => boolean) =>
    spots.reduce((sum, [p, s], i) => sum + (p >= 0 && s >= 0 && crosses(p, s) ? Math.round((i + 1) * 8388.608) : 0), 0);
  const sites = load((p, s) => siteOf[p] !== siteOf[s]);
  const uplink = load((p, s) => (rackOf[p] === 'e1') !== (rackOf[s] === 'e1'));
  return [Math.ceil(Math.max(0, sites - 80_000) / 1000), 3 * Math.ceil(Math.max(0, uplink - 50_000) / 500)];
}

const level = fc.constantFrom('site', 'rack', 'group', 'node');
const service = fc.constantFrom('web', 'db', 'solo');
const domains = fc.subarray(['e1', 'e2', 'w1', 'w2', 'east', 'west'], { minLength: 1 });
const few = fc.integer({ min: 0, max: 3 });
const latency = fc.constantFrom(0, 0.5, 1, 4);
const terms = fc.oneof(
  fc.record({ kind: fc.constant('spread' as const), level, atMost: few, atLeast: few }),
  fc.record({ kind: fc.constant('spread' as const), level, skew: few }),
  fc.record({ kind: fc.constantFrom('together' as const, 'survive' as const), level }),
  fc.record({ kind: fc.constant('near' as const), latency }),
  fc.record({ kind: fc.constantFrom('needs' as const, 'apart' as const), level, service }),
  fc.record({ kind: fc.constantFrom('pinned' as const, 'keptOut' as const, 'desired' as const), domains }),
  fc.record({ kind: fc.constant('replicas' as const), apart: level, latency }),
  fc.record({ kind: fc.constant('replicas' as const), within: level }),
);
const weighted: fc.Arbitrary<LocationRule> = fc
  .tuple(terms, fc.constantFrom(undefined, 1, 2.5))
  .map(([rule, weight]): LocationRule => ({ ...rule, weight }));
const ruleLists = fc.record({
  web: fc.array(weighted, { maxLength: 4 }),
  db: fc.array(weighted, { maxLength: 3 }),
  solo: fc.array(weighted, { maxLength: 2 }),
});
const spot: fc.Arbitrary<Spot> = fc.tuple(fc.integer({ min: 0, max: 7 }), fc.integer({ min: -1, max: 7 }));
const step = fc.tuple(fc.integer({ min: 0, max: 7 }), fc.oneof(spot, fc.constant<Spot>([noNode, noNode])));

function total(rules: Record<string, readonly LocationRule[]>, spots: readonly Spot[]): [number, number] {
  let [hard, soft] = countLinks(spots);
  for (const [name, own] of Object.entries(rules)) {
    for (const rule of own) {
      const excess = countExcess(name, rule, spots);
      if (rule.weight === undefined) hard += excess;
      else soft += excess * rule.weight;
    }
  }
  return [hard, soft];
}

test('increments equal counting from nothing, what is explained equals what is weighed, and what is admitted breaks nothing', () => {
  fc.assert(
    fc.property(ruleLists, fc.array(spot, { minLength: 8, maxLength: 8 }), fc.array(step, { maxLength: 25 }), (rules, begin, steps) => {
      // A skew among domains that a hard rule closes is another matter, tested below.
      for (const own of Object.values(rules)) fc.pre(!own.some((rule) => rule.kind === 'spread' && 'skew' in rule) || !own.some(closes));
      const spots = [...begin];
      const book = compileRules(clusterAt(spots), topology, services(rules));
      const out = createRuleChange();
      assert.deepEqual([book.hard, book.soft], total(rules, spots));
      for (const [i, to] of steps) {
        const before = [book.hard, book.soft] as const;
        book.weigh(i, ...to, out);
        assert.deepEqual([book.hard, book.soft], before, 'weighing changes nothing');
        const changes = [...book.explain(i, ...to), ...book.relief(i, ...to).map((one) => ({ ...one, excess: -one.excess }))];
        const explained = changes.filter(({ hard }) => hard).reduce((sum, { excess }) => sum + excess, 0);
        assert.equal(explained, out[0], 'explained');
        const worse = book.explain(i, ...to).filter(({ hard }) => hard);
        assert.equal(out[2], sum(worse.map(({ excess }) => excess)), 'rules that get worse, whatever others gain');
        assert.equal(breaksHardRule(out), worse.length > 0);
        book.place(i, ...to);
        spots[i] = to;
        const after = total(rules, spots);
        assert.deepEqual([book.hard, book.soft], after);
        assert.deepEqual([out[0], out[1]], [after[0] - before[0], after[1] - before[1]]);
        book.place(i, noNode, noNode);
        for (let n = 0; n < nodes.length; n++) {
          const refused = book.explain(i, n, noNode).some(({ hard }) => hard);
          assert.equal(book.admits(i, n), !refused, `instance ${i} on node ${n}`);
        }
        book.place(i, ...to);
        assert.deepEqual([book.hard, book.soft], after, 'away and back is as before');
      }
      const broken = book.breaches();
      assert.equal(
        broken.filter(({ hard }) => hard).reduce((sum, { excess }) => sum + excess, 0),
        book.hard,
      );
      assert.equal(book.offenders('any').length > 0, broken.length > 0);
      assert.equal(book.offenders('hard').length > 0, book.hard > 0);
      for (const { detail } of broken) assert.doesNotMatch(detail, /undefined|NaN|^$/);
    }),
    { seed: 7, numRuns: 400 },
  );
});

const closes = (rule: LocationRule): boolean => rule.kind === 'pinned' || rule.kind === 'keptOut';

test('a service with few members among many nodes is counted right, wherever they have been', () => {
  const many = sampleCluster(
    Array.from({ length: 200 }, (_, n) => ({ name: `node${n}` })),
    Array.from({ length: 6 }, (_, i) => ({ name: `vm${i}`, primary: i })),
  );
  const rules: LocationRule[] = [
    { kind: 'spread', level: 'node', atMost: 1, atLeast: 3 },
    { kind: 'together', level: 'node', weight: 1 },
    { kind: 'needs', service: 'b', level: 'node' },
  ];
  const both: Service[] = [
    { name: 'a', members: ['vm0', 'vm1', 'vm2', 'vm3'], rules },
    { name: 'b', members: ['vm4', 'vm5'], rules: [] },
  ];
  const wander = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: -1, max: 199 })), { minLength: 60, maxLength: 120 });
  fc.assert(
    fc.property(wander, (moves) => {
      const book = compileRules(many, emptyTopology, both);
      const at = [0, 1, 2, 3, 4, 5];
      for (const [i, to] of moves) {
        // Every second move goes to a handful of nodes, so that members do meet.
        const n = to % 2 === 0 ? to % 12 : to;
        book.place(i, n, noNode);
        at[i] = n;
      }
      const own = at.slice(0, 4).filter((n) => n >= 0);
      const sizes = [...Map.groupBy(own, (n) => n).values()].map((all) => all.length);
      const tooMany = sizes.reduce((sum, size) => sum + size - 1, 0);
      const tooFew = Math.max(0, Math.min(3, own.length) - sizes.length);
      const alone = own.filter((n) => !at.slice(4).includes(n)).length;
      assert.equal(book.hard, tooMany + tooFew + alone);
      assert.equal(book.soft, own.length - Math.max(0, ...sizes));
    }),
    { seed: 11, numRuns: 100 },
  );
});

const bookOf = (rule: LocationRule, spots: readonly Spot[]) => compileRules(clusterAt(spots), topology, services({ web: [rule] }));
const everyone = (spot: Spot): Spot[] => Array.from({ length: 8 }, () => spot);

test('a skew does not wait for domains that the service may not use, nor for those that are down', () => {
  const rules = { web: [{ kind: 'spread', level: 'rack', skew: 1 } as const, { kind: 'pinned', domains: ['east'] } as const] };
  const spots: Spot[] = [0, 0, 1, 2, 3].map((n): Spot => [n, noNode]);
  const cluster = clusterAt([...spots, ...spots.slice(0, 3)]);
  assert.equal(compileRules(cluster, topology, services(rules)).hard, 0, 'three in e1, two in e2, none in the west');
  const down = { ...cluster, nodes: cluster.nodes.map((node, n) => ({ ...node, offline: n > 3 })) };
  const even = services({ web: [{ kind: 'spread', level: 'rack', skew: 1 }] });
  assert.equal(compileRules(down, topology, even).hard, 0);
  assert.equal(compileRules(cluster, topology, even).hard, 2, 'with the west up, racks there have none');
});

test('a refusal names the rule, the domain and the members that are in the way', () => {
  const book = bookOf({ kind: 'spread', level: 'rack', atMost: 1 }, [[0, -1], [2, -1], [4, -1], [5, -1], [7, -1], ...everyone([7, -1])]);
  assert.deepEqual(book.explain(0, 3, noNode), [{ rule: 'web: at most 1 per rack', hard: true, excess: 1, detail: 'rack e2 has 1 (vm1)' }]);
  assert.deepEqual(book.explain(0, 1, noNode), [], 'another node of its own rack is no worse');
  book.place(0, 3, noNode);
  assert.deepEqual(book.breaches(), [{ rule: 'web: at most 1 per rack', hard: true, excess: 1, detail: 'rack e2 has 2 (vm0, vm1)' }]);
  assert.deepEqual(book.offenders('hard'), [0, 1]);
  assert.deepEqual(
    book.relief(1, 0, noNode).map(({ rule }) => rule),
    ['web: at most 1 per rack'],
  );
});

test('an overloaded link says what it carries', () => {
  const book = bookOf({ kind: 'migration', level: 'site' }, everyone([0, 2]));
  const [breach] = book.breaches();
  assert.equal(breach?.rule, 'link e1 - east: bandwidth');
  assert.equal(breach?.hard, false);
  assert.match(breach?.detail ?? '', /write 302 Mbit\/s, 50 Mbit\/s are free/);
});

test('migration is allowed where the terms of both nodes and the rules of the service agree', () => {
  const terms = [
    { nodes: ['node0', 'node1'], needs: ['hv:5'], offers: ['hv:5', 'hv:4'] },
    { nodes: ['node2', 'node3'], needs: ['hv:4'], offers: ['hv:4'] },
  ];
  const rules = services({ web: [{ kind: 'migration', level: 'site' }] });
  const book = compileRules(clusterAt(everyone([0, -1])), { ...topology, migration: terms }, rules);
  assert.equal(book.mayMigrate(7, 2, 0), true, 'the new takes from the old');
  assert.equal(book.mayMigrate(7, 0, 2), false, 'the old does not take from the new');
  assert.equal(book.mayMigrate(7, 4, 0), true, 'a node that needs nothing gives to all');
  assert.equal(book.mayMigrate(7, 0, 4), false);
  assert.equal(book.mayMigrate(0, 4, 0), false, 'out of its site');
  assert.equal(book.mayMigrate(0, 4, 6), true);
});

test('an instance without rules costs nothing and changes nothing', () => {
  const book = compileRules(
    clusterAt(everyone([0, -1])),
    { ...topology, links: [] },
    services({ web: [{ kind: 'together', level: 'rack' }] }),
  );
  const out = new Float64Array([9, 9]);
  book.weigh(7, 5, noNode, out);
  assert.deepEqual([...out], [0, 0]);
});
