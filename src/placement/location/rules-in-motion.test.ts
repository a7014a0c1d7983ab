import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GantryError, seededRandom } from '../../base/index.ts';
import { evacuate } from '../allocate/evacuate.ts';
import { type PreparedCluster, prepareCluster } from '../cluster/prepare-cluster.ts';
import { roll } from '../roll/roll.ts';
import { createState } from '../state/create-state.ts';
import { randomCluster } from '../testing/random-cluster.ts';
import { compileRules } from './compile-rules.ts';
import type { Service } from './service.ts';
import type { Topology } from './topology.ts';

const runs = { numRuns: 40, seed: 20_261_123 };

const services: readonly Service[] = [
  {
    name: 'some',
    members: ['*1*', '*2*'],
    rules: [
      { kind: 'spread', level: 'rack', atMost: 2 },
      { kind: 'replicas', apart: 'rack' },
    ],
  },
  { name: 'kept', members: ['*3*'], rules: [{ kind: 'keptOut', domains: ['r0'] }] },
];

function topologyOf({ nodes }: PreparedCluster): Topology {
  const rack = (r: number) => ({ name: `r${r}`, level: 'rack', nodes: nodes.flatMap(({ name }, n) => (n % 4 === r ? [name] : [])) });
  return { levels: ['rack'], domains: [0, 1, 2, 3].map(rack), links: [], migration: [] };
}

const clusterOf = (seed: number): PreparedCluster =>
  prepareCluster(randomCluster(seededRandom(seed), { nodes: 8, instances: 24, templates: ['drbd', 'ext', 'rbd'] }));

test('evacuation makes no hard rule worse, and the rules are where the instances are', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.nat(7), fc.constantFrom('all', 'primary-only', 'secondary-only'), (seed, node, mode) => {
      const cluster = clusterOf(seed);
      const topology = topologyOf(cluster);
      const rules = compileRules(cluster, topology, services);
      const before = rules.hard;
      const state = createState(cluster);
      const touching = cluster.instances.flatMap(({ primary, secondary }, i) => (primary === node || secondary === node ? [i] : []));
      evacuate(state, touching, mode, { force: false, rules });
      assert.ok(rules.hard <= before, `${rules.hard} after ${before}`);
      const { primary, secondary } = state.instances;
      const instances = cluster.instances.map((one, i) => ({ ...one, primary: primary[i] as number, secondary: secondary[i] as number }));
      assert.equal(rules.hard, compileRules({ ...cluster, instances }, topology, services).hard);
    }),
    runs,
  );
});

test('what is moved for reboots makes no hard rule worse, and the rules come back as they were', () => {
  let moves = 0;
  fc.assert(
    fc.property(fc.nat(1000), fc.boolean(), (seed, fullEvacuation) => {
      const cluster = clusterOf(seed);
      const topology = topologyOf(cluster);
      const rules = compileRules(cluster, topology, services);
      const before = rules.hard;
      const groups = tryRoll(() => roll(createState(cluster), { nodes: [...cluster.nodes.keys()], fullEvacuation, rules }).groups);
      assert.equal(rules.hard, before);
      for (const group of groups) {
        moves += group.moves.length;
        const places = new Map(group.moves.map((move) => [move.instance, move]));
        const instances = cluster.instances.map((one, i) => ({ ...one, ...places.get(i) }));
        // Those that only changed roles are not listed: primaries are then elsewhere than here.
        if (!fullEvacuation) assert.ok(compileRules({ ...cluster, instances }, topology, services).hard <= before);
      }
    }),
    runs,
  );
  assert.ok(moves > 100);
});

function tryRoll<T>(act: () => readonly T[]): readonly T[] {
  try {
    return act();
  } catch (error) {
    assert.ok(error instanceof GantryError);
    return [];
  }
}
