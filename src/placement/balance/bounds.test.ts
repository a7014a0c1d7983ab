import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../base/index.ts';
import { type PreparedCluster, prepareCluster } from '../cluster/prepare-cluster.ts';
import { compileRules } from '../location/compile-rules.ts';
import type { Location } from '../location/service.ts';
import { createState } from '../state/create-state.ts';
import { wildCluster, wildLocation } from '../testing/wild-cluster.ts';
import { type BalanceOptions, balance, defaultBalanceOptions } from './balance.ts';
import type { Move } from './move.ts';

/** So many moves of one cluster are compared. */
const mostMoves = 40;

function movesOf(data: PreparedCluster, location: Location | undefined, options: BalanceOptions): Move[] {
  const rules = location && compileRules(data, location.topology, location.services);
  return balance(createState(data), { ...options, rules })
    .take(mostMoves)
    .toArray();
}

test('balancing with bounds makes the moves that it makes without them', () => {
  const seeds = fc.integer({ min: 0, max: 10_000_000 });
  let moves = 0;
  fc.assert(
    fc.property(seeds, (seed) => {
      const random = seededRandom(seed);
      const chance = (part: number) => random() < part;
      const data = prepareCluster(wildCluster(random));
      const location = chance(0.3) ? wildLocation(data, random) : undefined;
      const options: BalanceOptions = {
        ...defaultBalanceOptions,
        minGain: 0,
        minGainLimit: 0,
        diskMoves: !chance(0.1),
        instanceMoves: !chance(0.1),
        restrictedMigration: chance(0.1),
        ignoreSoftErrors: chance(0.1),
        evacuate: chance(0.1),
      };
      const bounded = movesOf(data, location, options);
      assert.deepEqual(bounded, movesOf(data, location, { ...options, exhaustive: true }));
      moves += bounded.length;
    }),
    { numRuns: 400, seed: 20_261_123 },
  );
  assert.ok(moves > 2000, `only ${moves} moves were compared`);
});
