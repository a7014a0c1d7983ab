import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { GantryError, seededRandom } from '../../base/index.ts';
import { prepareCluster } from '../cluster/prepare-cluster.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { createState } from '../state/create-state.ts';
import { randomCluster } from '../testing/random-cluster.ts';
import { type RollOptions, roll } from './roll.ts';

const seeds = fc.integer({ min: 0, max: 1_000_000 });
const runs = { numRuns: 60, seed: 20_261_122 };
const templates = ['drbd', 'drbd', 'plain', 'ext'] as const;

const stateOf = (seed: number): ClusterState =>
  createState(prepareCluster(randomCluster(seededRandom(seed), { nodes: 9, instances: 25, groups: 2, templates, varied: true })));

const onlineNodes = ({ nodes }: ClusterState): number[] => [...nodes.offline.keys()].filter((n) => nodes.offline[n] === 0);

/** Rolls, where the cluster has the room for it. */
function tryRoll(state: ClusterState, options: Partial<RollOptions>) {
  try {
    return roll(state, { nodes: onlineNodes(state), ...options });
  } catch (error) {
    assert.ok(error instanceof GantryError && /^ROLL_(NO_ROOM|MIGRATION_FAILS)$/.test(error.code));
    return undefined;
  }
}

describe('groups', () => {
  test('each node is in one, the master last, and no group has both nodes of an instance', () => {
    fc.assert(
      fc.property(seeds, fc.boolean(), fc.boolean(), (seed, offlineMaintenance, ignoreNonRedundant) => {
        const state = stateOf(seed);
        const groups = tryRoll(state, { offlineMaintenance, ignoreNonRedundant })?.groups;
        if (!groups) return;
        const all = groups.flatMap(({ nodes }) => nodes);
        assert.deepEqual(
          all.toSorted((a, b) => a - b),
          onlineNodes(state),
        );
        if (state.nodes.offline[0] === 0) assert.equal(all.at(-1), 0);
        const of = new Map(groups.flatMap(({ nodes }, g) => nodes.map((n) => [n, g] as const)));
        const { primary, secondary, mirroring } = state.instances;
        for (let i = 0; i < state.instanceCount; i++) {
          if (mirroring[i] !== 1 || !of.has(primary[i] as number)) continue;
          assert.notEqual(of.get(primary[i] as number), of.get(secondary[i] as number));
        }
      }),
      runs,
    );
  });

  test('unless all is shut down, no node is the secondary of two primaries that reboot together', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const state = stateOf(seed);
        const { primary, secondary, mirroring } = state.instances;
        for (const { nodes } of tryRoll(state, { ignoreNonRedundant: true })?.groups ?? []) {
          const used = new Map<number, number>();
          for (let i = 0; i < state.instanceCount; i++) {
            if (mirroring[i] !== 1 || !nodes.includes(primary[i] as number)) continue;
            const other = used.get(secondary[i] as number) ?? primary[i];
            assert.equal(other, primary[i]);
            used.set(secondary[i] as number, primary[i] as number);
          }
        }
      }),
      runs,
    );
  });

  test('moves clear the nodes, within memory, and leave the state as it was', () => {
    fc.assert(
      fc.property(seeds, fc.boolean(), (seed, fullEvacuation) => {
        const state = stateOf(seed);
        const before = structuredClone({ primary: state.instances.primary, memory: state.nodes.instanceMemory });
        const rolling = tryRoll(state, { fullEvacuation });
        assert.deepEqual({ primary: state.instances.primary, memory: state.nodes.instanceMemory }, before);
        for (const { nodes, moves } of rolling?.groups ?? []) {
          const moved = new Map(moves.map((move) => [move.instance, move]));
          for (let i = 0; i < state.instanceCount; i++) {
            const lone = state.instances.mirroring[i] !== 1 && state.instances.forthcoming[i] === 0;
            const primary = moved.get(i)?.primary ?? (state.instances.primary[i] as number);
            if (lone) assert.ok(!nodes.includes(primary));
            else if (fullEvacuation && state.instances.forthcoming[i] === 0) {
              const secondary = moved.get(i)?.secondary ?? -1;
              assert.ok(!nodes.includes(secondary));
            }
          }
        }
      }),
      runs,
    );
  });
});

test('a service keeps its minimum; a node that holds too many members by itself reboots alone', () => {
  const state = stateOf(7);
  const members = Int32Array.from({ length: state.instanceCount }, (_, i) => i);
  const held = (nodes: readonly number[]) => state.instances.primary.filter((n) => nodes.includes(n)).length;
  const minimumAlive = state.instanceCount - 6;
  const { groups } = roll(state, {
    nodes: onlineNodes(state),
    ignoreNonRedundant: true,
    services: [{ name: 'web', members, minimumAlive }],
  });
  assert.ok(groups.every(({ nodes }) => held(nodes) <= 6 || nodes.filter((n) => held([n]) > 0).length === 1));
  assert.ok(groups.length > roll(state, { nodes: onlineNodes(state), ignoreNonRedundant: true }).groups.length);
});

test('no nodes, no groups', () => {
  assert.throws(() => roll(stateOf(1), { nodes: [] }), { code: 'ROLL_NO_NODES' });
});
