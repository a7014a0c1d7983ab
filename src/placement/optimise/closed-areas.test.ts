import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '../../base/index.ts';
import { balance, defaultBalanceOptions } from '../balance/balance.ts';
import { prepareCluster } from '../cluster/prepare-cluster.ts';
import { compileRules } from '../location/compile-rules.ts';
import { type SampleInstance, sampleCluster } from '../location/sample-cluster.ts';
import type { Service } from '../location/service.ts';
import type { PlacedOn } from '../plan/plan.ts';
import { createState } from '../state/create-state.ts';
import { optimise } from './optimise.ts';

/** What no placement by load would choose: the nodes of the busy rack, on which something is that does not move. */
const busy = (name: string, primary: number): SampleInstance => ({
  name,
  primary,
  diskTemplate: 'ext',
  memory: 30_000,
  vcpus: 8,
  autoBalance: false,
});

/** Where the search puts the first instance, whose hard rules no single move mends. */
function foundFor(racks: readonly (readonly string[])[], instances: readonly SampleInstance[], services: readonly Service[]): PlacedOn {
  const nodes = racks.flat().toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const data = prepareCluster(
    sampleCluster(
      nodes.map((name) => ({ name, totalSpindles: 10 })),
      instances,
    ),
  );
  const domains = racks.map((members, r) => ({ name: `r${r}`, level: 'rack', nodes: members }));
  const rules = () => compileRules(data, { levels: ['rack'], domains, links: [], migration: [] }, services);
  const ofSingleMoves = rules();
  for (const _ of balance(createState(data), { ...defaultBalanceOptions, rules: ofSingleMoves }));
  assert.ok(ofSingleMoves.hard > 0);
  const { moves, after } = optimise(data, { random: seededRandom(1), steps: 600, rules: rules() });
  assert.ok(after < 1000, `${after}`);
  return moves.findLast(({ instance }) => instance === 0)?.to as PlacedOn;
}

describe('a mirrored instance gets to where hard rules want it, though other nodes are much less busy', () => {
  const idle = Array.from({ length: 60 }, (_, k) => `n${k + 10}`);
  const racks = [
    ['n0', 'n1'],
    ['n4', 'n5'],
    ['n2', 'n3', ...idle],
  ];
  const instances = [{ name: 'a', primary: 0, secondary: 1 }, { name: 'b', primary: 4, secondary: 3 }, busy('x', 4), busy('y', 5)];
  // Of a and b one may be in a rack, and b would rather stay in the one that a must go to.
  const services = (kind: 'desired' | 'pinned'): Service[] => [
    { name: 'web', members: ['a', 'b'], rules: [{ kind: 'spread', level: 'rack', atMost: 1 }] },
    { name: 'home', members: ['a'], rules: [{ kind, domains: ['r1'] }] },
    { name: 'guest', members: ['b'], rules: [{ kind: 'desired', domains: ['r1'], weight: 5 }] },
  ];

  test('to run there', () => assert.ok([4, 5].includes(foundFor(racks, instances, services('desired')).primary)));

  test('with both nodes', () => {
    const { primary, secondary } = foundFor(racks, instances, services('pinned'));
    assert.deepEqual([primary, secondary].sort(), [4, 5]);
  });

  test('where only the pair counts, not one of its nodes', () => {
    const lonely = ['n0', 'n1', 'n2', 'n3'].map((name) => [name]);
    const together: Service[] = [{ name: 'web', members: ['a'], rules: [{ kind: 'replicas', within: 'rack' }] }];
    const { primary, secondary } = foundFor([...lonely, ['n4', 'n5']], [instances[0] as SampleInstance, ...instances.slice(2)], together);
    assert.deepEqual([primary, secondary].sort(), [4, 5]);
  });
});
