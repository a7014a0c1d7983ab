import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Random, seededRandom } from '../../base/index.ts';
import { prepareCluster } from '../cluster/prepare-cluster.ts';
import { compileRules } from '../location/compile-rules.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { scoreCounts } from '../state/counts.ts';
import { createState } from '../state/create-state.ts';
import { clusterScore } from '../state/score.ts';
import { wildCluster, wildLocation } from '../testing/wild-cluster.ts';
import { applyMove } from './apply-move.ts';
import { defaultBalanceOptions } from './balance.ts';
import { beginSearch, considerInstance, createMoveSearch, type MoveSearch } from './best-move.ts';
import type { MoveOptions } from './open-kinds.ts';
import { createScoreTable } from './score-table.ts';

const seeds = fc.integer({ min: 0, max: 10_000_000 });
const runs = { numRuns: 400, seed: 20_261_123 };

/** Some moves that nobody would choose: what is far from balance, and what Ganeti judges anew only then. */
function disturb(state: ClusterState, random: Random): void {
  const pick = (count: number) => Math.floor(random() * count);
  for (let tries = pick(3) * 10; tries > 0; tries--) {
    const i = pick(state.instanceCount);
    const target = pick(state.nodeCount);
    const { mirroring, primary, secondary, movable } = state.instances;
    if (movable[i] === 0 || target === primary[i] || target === secondary[i] || state.nodes.offline[target] === 1) continue;
    applyMove(state, i, mirroring[i] === 2 ? 1 : random() < 0.5 ? 2 : 5, target, false);
  }
}

const movableIn = ({ instances, instanceCount }: ClusterState): Int32Array =>
  Int32Array.from({ length: instanceCount }, (_, i) => i).filter((i) => instances.movable[i] === 1);

const searchIn = (state: ClusterState, options: MoveOptions): MoveSearch =>
  createMoveSearch(state, createScoreTable(state, movableIn(state)), options);

/** Looks at one instance when moves are known already that are so good. */
function consider(search: MoveSearch, i: number, known: number): MoveSearch['found'] {
  beginSearch(search, scoreCounts(search.state));
  search.found.best = known;
  considerInstance(search, i);
  return search.found;
}

test('the best move of every instance is found though a move as good is known, and no bound is above it', () => {
  let found = 0;
  fc.assert(
    fc.property(seeds, (seed) => {
      const random = seededRandom(seed);
      const data = prepareCluster(wildCluster(random));
      const location = random() < 0.3 ? wildLocation(data, random) : undefined;
      const rules = location && compileRules(data, location.topology, location.services);
      const options = { ...defaultBalanceOptions, rules, ignoreSoftErrors: random() < 0.2 };
      const state = createState(data);
      if (!rules) disturb(state, random);
      const bounded = searchIn(state, options);
      const exhaustive = searchIn(state, { ...options, exhaustive: true });
      for (const i of movableIn(state)) {
        const { best, candidates } = consider(exhaustive, i, Number.POSITIVE_INFINITY);
        const [first] = candidates;
        if (!first) continue;
        const again = consider(bounded, i, best);
        assert.deepEqual(again.candidates[0], first, `instance ${i}`);
        consider(bounded, i, best - 1);
        assert.ok(bounded.scratch.lowest <= best + 1e-9, `instance ${i}: ${bounded.scratch.lowest} is not below ${best}`);
        found++;
      }
    }),
    runs,
  );
  assert.ok(found > 4000, `only ${found} instances could move`);
});

test('the score of a move is that of the state after it', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const random = seededRandom(seed);
      const data = prepareCluster(wildCluster(random));
      const search = searchIn(createState(data), { ...defaultBalanceOptions, exhaustive: true });
      for (const i of movableIn(search.state)) {
        for (const { kind, target, score } of consider(search, i, Number.POSITIVE_INFINITY).candidates) {
          const state = createState(data);
          assert.equal(applyMove(state, i, kind, target, false), 0);
          assert.ok(Math.abs(clusterScore(state) - score) < 1e-9, `instance ${i} to ${target}: ${score}, then ${clusterScore(state)}`);
        }
      }
    }),
    { ...runs, numRuns: 60 },
  );
});
