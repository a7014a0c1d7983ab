import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../base/index.ts';
import type { ClusterData } from '../cluster/cluster-data.ts';
import { prepareCluster } from '../cluster/prepare-cluster.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { createState } from '../state/create-state.ts';
import { clusterScore } from '../state/score.ts';
import { randomCluster } from '../testing/random-cluster.ts';
import { applyMove } from './apply-move.ts';
import { type BalanceOptions, balance, defaultBalanceOptions } from './balance.ts';
import { type Move, type MoveKind, moveKind } from './move.ts';

const templates = ['drbd', 'plain', 'ext', 'sharedfile', 'diskless'] as const;
const varied = (seed: number) => randomCluster(seededRandom(seed), { nodes: 7, instances: 24, templates, varied: true });
const seeds = fc.integer({ min: 0, max: 1_000_000 });
const runs = { numRuns: 60, seed: 20_261_122 };

/** All moves of all instances that are possible, each tried on the state itself. */
function bestByTrying(state: ClusterState, options: BalanceOptions): number {
  let best = Number.POSITIVE_INFINITY;
  const { instances } = state;
  for (let i = 0; i < state.instanceCount; i++) {
    if (instances.movable[i] === 0) continue;
    for (const { kind, target } of possibleMoves(state, i)) {
      const trial = createState(state.data);
      if (applyMove(trial, i, kind, target, options.ignoreSoftErrors) === 0) best = Math.min(best, clusterScore(trial));
    }
  }
  return best;
}

function possibleMoves(state: ClusterState, i: number): { kind: MoveKind; target: number }[] {
  const { instances, nodes } = state;
  const p = instances.primary[i] as number;
  const s = instances.secondary[i] as number;
  const targets = [...state.scope].filter((n) => n !== p && n !== s && nodes.offline[n] === 0);
  if (instances.mirroring[i] === 2) return targets.map((target) => ({ kind: moveKind.failoverToAny, target }));
  if (instances.mirroring[i] !== 1) return [];
  const toSecondary = nodes.offline[s] === 0;
  return [
    ...(toSecondary ? [{ kind: moveKind.failover, target: -1 }] : []),
    ...targets.flatMap((target) => [
      { kind: moveKind.replaceSecondary, target },
      { kind: moveKind.replaceAndFailover, target },
      ...(toSecondary
        ? [
            { kind: moveKind.replacePrimary, target },
            { kind: moveKind.failoverAndReplace, target },
          ]
        : []),
    ]),
  ];
}

const firstMove = (state: ClusterState, options = defaultBalanceOptions): Move | undefined =>
  balance(state, options).next().value ?? undefined;

describe('the next move', () => {
  test('is the best of all that are possible', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const options = { ...defaultBalanceOptions, minGain: 0, minGainLimit: 0 };
        const data = prepareCluster(varied(seed));
        const before = clusterScore(createState(data));
        const wanted = bestByTrying(createState(data), options);
        const move = firstMove(createState(data), options);
        if (wanted < before) assert.ok(move && Math.abs(move.score - wanted) < 1e-12, `${move?.score} of ${wanted}`);
        else assert.equal(move, undefined);
      }),
      runs,
    );
  });

  test('never worsens the score, and its score is the one from scratch', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const data = prepareCluster(varied(seed));
        const state = createState(data);
        let score = clusterScore(state);
        for (const move of balance(state)) {
          assert.ok(move.score < score);
          score = move.score;
          assert.ok(Math.abs(score - clusterScore(state)) < 1e-12);
        }
      }),
      runs,
    );
  });

  test('a state after any moves is the state of the cluster that they lead to', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const cluster = varied(seed);
        const state = createState(prepareCluster(cluster));
        Array.from(balance(state));
        const fresh = createState(prepareCluster(replaced(cluster, state)));
        for (const [column, values] of Object.entries(state.nodes)) {
          if (!(values instanceof Float64Array) || ['room', 'missing'].includes(column)) continue;
          const wanted = fresh.nodes[column as 'freeDisk'];
          values.forEach((value, n) => assert.ok(Math.abs(value - (wanted[n] as number)) < 1e-9, `${column} of ${n}`));
        }
      }),
      runs,
    );
  });
});

/** The cluster with the instances where the state has them, and nodes that report accordingly. */
function replaced(cluster: ClusterData, { instances }: ClusterState): ClusterData {
  const free = cluster.nodes.map(({ freeMemory, freeDisk }) => ({ memory: freeMemory, disk: freeDisk }));
  const book = (n: number, memory: number, disk: number) => {
    const node = free[n];
    if (node) [node.memory, node.disk] = [node.memory + memory, node.disk + disk];
  };
  const at = cluster.instances.map((instance, i) => {
    const primary = instances.primary[i] as number;
    const secondary = instances.secondary[i] as number;
    const disk = instances.local[i] === 1 ? instance.disk : 0;
    const memory = instances.usesMemory[i] === 1 ? instance.memory : 0;
    book(instance.primary, memory, disk);
    book(primary, -memory, -disk);
    book(instance.secondary, 0, disk);
    book(secondary, 0, -disk);
    return { ...instance, primary, secondary };
  });
  const nodes = cluster.nodes.map((node, n) => ({
    ...node,
    freeMemory: (free[n] as { memory: number }).memory,
    freeDisk: (free[n] as { disk: number }).disk,
  }));
  return { ...cluster, nodes, instances: at };
}

test('options: no disk moves means fail-overs alone, no instance moves means new secondaries alone, evacuation empties', () => {
  const cluster = randomCluster(seededRandom(5), { nodes: 8, instances: 60 });
  const kinds = (options: Partial<BalanceOptions>) =>
    new Set([...balance(createState(prepareCluster(cluster)), { ...defaultBalanceOptions, ...options })].map(({ kind }) => kind));
  assert.deepEqual([...kinds({ diskMoves: false })], [moveKind.failover]);
  assert.deepEqual([...kinds({ instanceMoves: false })], [moveKind.replaceSecondary]);
  const nodes = cluster.nodes.map((node, n) => ({ ...node, offline: n === 0 }));
  const state = createState(prepareCluster({ ...cluster, nodes }));
  for (const move of balance(state, { ...defaultBalanceOptions, evacuate: true })) {
    const { primary, secondary } = cluster.instances[move.instance] as { primary: number; secondary: number };
    assert.ok(primary === 0 || secondary === 0);
  }
  assert.equal((state.nodes.primaries[0] as number) + (state.nodes.secondaries[0] as number), 0);
});
