import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../base/index.ts';
import { applyMove } from '../balance/apply-move.ts';
import { balance } from '../balance/balance.ts';
import { type PreparedCluster, prepareCluster } from '../cluster/prepare-cluster.ts';
import type { RuleBook } from '../location/rule-book.ts';
import type { Plan } from '../plan/plan.ts';
import { createState } from '../state/create-state.ts';
import { failMode } from '../state/fail-mode.ts';
import { clusterScore } from '../state/score.ts';
import { randomCluster } from '../testing/random-cluster.ts';
import { optimise } from './optimise.ts';
import type { OptimiseOptions } from './optimise-options.ts';

const cluster = (seed: number, nodes = 8, instances = 50): PreparedCluster =>
  prepareCluster(randomCluster(seededRandom(seed), { nodes, instances, templates: ['drbd', 'drbd', 'ext'] }));
const plan = (data: PreparedCluster, more: Partial<OptimiseOptions> = {}): Plan =>
  optimise(data, { random: seededRandom(7), steps: 400, ...more });
const seeds = fc.integer({ min: 0, max: 1_000_000 });
const runs = { numRuns: 25, seed: 20_261_122 };

/** At most so many instances on each node, as a rule that is counted anew each time. */
function atMost(most: number, data: PreparedCluster): RuleBook & { readonly worst: () => number } {
  const at = data.instances.map(({ primary }) => primary);
  const excess = () => data.nodes.reduce((sum, _, n) => sum + Math.max(0, at.filter((p) => p === n).length - most), 0);
  return {
    get hard() {
      return excess();
    },
    soft: 0,
    weigh(instance, primary, _secondary, out) {
      const [before, was] = [excess(), at[instance] as number];
      at[instance] = primary;
      out[0] = excess() - before;
      out[1] = 0;
      out[2] = Math.max(0, out[0]);
      at[instance] = was;
    },
    admits: (_instance, node) => at.filter((p) => p === node).length < most,
    place(instance, primary) {
      at[instance] = primary;
    },
    mayMigrate: () => true,
    explain: () => [],
    relief: () => [],
    offenders: () => [],
    breaches: () => [],
    worst: excess,
  };
}

describe('a plan', () => {
  test('replayed on the cluster is possible move for move and ends at its score', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const data = cluster(seed);
        const { moves, before, after } = plan(data);
        const state = createState(data);
        assert.equal(before, clusterScore(state));
        for (const move of moves) {
          const { primary, secondary } = state.instances;
          assert.deepEqual(move.from, { primary: primary[move.instance], secondary: secondary[move.instance] });
          assert.equal(applyMove(state, move.instance, move.kind, move.target, false), failMode.none);
          assert.deepEqual(move.to, { primary: primary[move.instance], secondary: secondary[move.instance] });
          assert.equal(clusterScore(state), move.score);
        }
        assert.equal(clusterScore(state), after);
      }),
      runs,
    );
  });

  test('is never worse than what greedy balancing reaches, and often better', () => {
    for (const varied of [false, true]) {
      let better = 0;
      for (let seed = 1; seed <= 20; seed++) {
        const data = prepareCluster(randomCluster(seededRandom(seed), { nodes: 8, instances: 40, templates: ['drbd', 'ext'], varied }));
        const state = createState(data);
        for (const _ of balance(state));
        const { after } = plan(data, { steps: 800 });
        assert.ok(after <= clusterScore(state) + 1e-9, `seed ${seed}: ${after} after greedy ${clusterScore(state)}`);
        if (after < clusterScore(state) * 0.97) better++;
      }
      assert.ok(better >= 6, `${better} of 20`);
    }
  });

  test('is the same for the same seed and steps', () => {
    assert.deepEqual(plan(cluster(3)), plan(cluster(3)));
    assert.notDeepEqual(plan(cluster(3)).moves, plan(cluster(3), { random: seededRandom(8) }).moves);
  });

  test('keeps to its budget of moves and of copied data', () => {
    for (const maxMoves of [0, 1, 5]) assert.ok(plan(cluster(4), { maxMoves }).moves.length <= maxMoves);
    for (const maxData of [0, 20_000, 60_000]) assert.ok(plan(cluster(4), { maxData }).data <= maxData);
    assert.ok(plan(cluster(4), { maxData: 60_000 }).data > 20_000);
    assert.ok(plan(cluster(4), { maxMoves: 5 }).moves.length > 0);
  });

  test('breaks no hard rule on the way, and mends what is broken', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const data = cluster(seed, 6, 24);
        const rules = atMost(6, data);
        const { moves } = plan(data, { rules, steps: 150 });
        assert.equal(rules.worst(), atMost(6, data).worst(), 'the rules are put back');
        const replayed = atMost(6, data);
        let excess = replayed.worst();
        for (const { instance, to } of moves) {
          replayed.place(instance, to.primary, to.secondary);
          assert.ok(replayed.worst() <= excess);
          excess = replayed.worst();
        }
        assert.equal(excess, 0);
      }),
      { ...runs, numRuns: 10 },
    );
  });

  test('has sets in which no node takes part in two moves, in the order of the plan', () => {
    const { moves, sets, seconds } = plan(cluster(5));
    assert.deepEqual(
      sets.flat().toSorted((a, b) => a - b),
      moves.map((_, position) => position),
    );
    const setOf = new Map(sets.flatMap((set, number) => set.map((position) => [position, number] as const)));
    moves.forEach((move, position) => {
      const nodes = (m: typeof move) => [m.from.primary, m.from.secondary, m.to.primary, m.to.secondary].filter((n) => n >= 0);
      moves.slice(0, position).forEach((earlier, before) => {
        if (nodes(earlier).some((n) => nodes(move).includes(n))) assert.ok((setOf.get(before) as number) < (setOf.get(position) as number));
      });
    });
    assert.ok(seconds > 0);
  });
});
