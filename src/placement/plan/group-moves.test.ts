import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Random, seededRandom } from '../../base/index.ts';
import { applyMove } from '../balance/apply-move.ts';
import { moveKind } from '../balance/move.ts';
import { prepareCluster } from '../cluster/prepare-cluster.ts';
import { compileRules } from '../location/compile-rules.ts';
import { sampleCluster } from '../location/sample-cluster.ts';
import { optimise } from '../optimise/optimise.ts';
import { createState } from '../state/create-state.ts';
import { failMode } from '../state/fail-mode.ts';
import { randomCluster } from '../testing/random-cluster.ts';
import { wildLocation } from '../testing/wild-cluster.ts';
import { groupMoves } from './group-moves.ts';
import type { Network } from './network.ts';
import type { PlannedMove } from './plan.ts';
import { createTraffic } from './traffic.ts';
import { transfersOf } from './transfers.ts';

const nodesOf = ({ from, to }: PlannedMove) => new Set([from.primary, from.secondary, to.primary, to.secondary].filter((n) => n >= 0));

function shuffled<T>(list: readonly T[], random: Random): T[] {
  return list
    .map((item) => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

/** What is sent over each link when all moves of a set send at once. */
function loadsIn(moves: readonly PlannedMove[], network: Network): Map<number, { total: number; count: number }> {
  const loads = new Map<number, { total: number; count: number }>();
  for (const move of moves) {
    const own = new Map<number, number>();
    for (const { from, to, size } of transfersOf(move)) {
      if (size > 0) for (const link of network.links(from, to)) own.set(link, Math.max(own.get(link) ?? 0, network.rate(from, to)));
    }
    for (const [link, rate] of own) {
      const { total, count } = loads.get(link) ?? { total: 0, count: 0 };
      loads.set(link, { total: total + rate, count: count + 1 });
    }
  }
  return loads;
}

test('sets overload no node and no link, and are possible and keep the hard rules in whatever order their moves are made', () => {
  let together = 0;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), (seed) => {
      const random = seededRandom(seed);
      const data = prepareCluster(randomCluster(random, { nodes: 9, instances: 45, templates: ['drbd', 'drbd', 'ext'] }));
      const location = wildLocation(data, random);
      const compiled = () => compileRules(data, location.topology, location.services);
      const traffic = createTraffic(data, location);
      const { network } = traffic;
      const { moves, sets } = optimise(data, { random, steps: 150, rules: compiled(), traffic });
      const state = createState(data);
      const rules = compiled();
      for (const positions of sets) {
        const set = positions.map((position) => moves[position] as PlannedMove);
        const nodes = set.flatMap((move) => [...nodesOf(move)]);
        assert.equal(new Set(nodes).size, nodes.length);
        for (const [link, { total, count }] of loadsIn(set, network)) assert.ok(count === 1 || total <= (network.rooms[link] as number));
        for (const { instance, kind, target, to } of shuffled(set, random)) {
          const hard = rules.hard;
          assert.equal(applyMove(state, instance, kind, target, false), failMode.none);
          rules.place(instance, to.primary, to.secondary);
          assert.ok(rules.hard <= hard, `move of ${instance} breaks ${rules.hard} after ${hard}`);
        }
        if (set.length > 1) together++;
      }
      assert.equal(sets.flat().length, moves.length);
    }),
    { numRuns: 60, seed: 20_261_123 },
  );
  assert.ok(together > 20, `${together} sets of several moves`);
});

test('how long a plan takes follows the links, and what fills a link waits for it', () => {
  const data = prepareCluster(
    sampleCluster(
      ['a1', 'a2', 'b1', 'b2'].map((name) => ({ name })),
      [],
    ),
  );
  const domains = ['a', 'b'].map((name) => ({ name, level: 'room', nodes: [`${name}*`] }));
  const over = (bandwidth: number, load = 0) => {
    const links = [{ between: ['a', 'b'] as const, bandwidth, load }];
    return createTraffic(data, { topology: { levels: ['room'], domains, links, migration: [] }, services: [] });
  };
  const move = (instance: number, from: number, to: number): PlannedMove => ({
    instance,
    kind: moveKind.failoverToAny,
    target: to,
    from: { primary: from, secondary: -1 },
    to: { primary: to, secondary: -1 },
    score: 0,
    data: 0,
    memory: 1250,
    improves: [],
  });
  const moves = [move(0, 0, 2), move(1, 1, 3)];
  // 100 Mbit/s are 11.92 MiB/s.
  const slow = groupMoves(moves, over(100));
  assert.deepEqual(slow.sets, [[0], [1]]);
  assert.equal(Math.round(slow.seconds), 2 * (5 + 105));
  assert.equal(Math.round(groupMoves(moves, over(200, 100)).seconds), Math.round(slow.seconds));
  assert.deepEqual(groupMoves(moves, over(10_000)).sets, [[0, 1]]);
  assert.deepEqual(groupMoves(moves, { ...over(10_000), of: () => ({ loads: [], locks: [7] }) }).sets, [[0], [1]]);
});
