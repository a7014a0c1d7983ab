import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { moveKind } from '../balance/move.ts';
import { prepareCluster } from '../cluster/prepare-cluster.ts';
import { compileRules } from '../location/compile-rules.ts';
import { type SampleInstance, sampleCluster } from '../location/sample-cluster.ts';
import { createState } from '../state/create-state.ts';
import { orderMoves } from './order-moves.ts';
import { createPlanMaker, type PlanLimits } from './plan-maker.ts';

/** Four nodes, of which each may have one of the instances. */
function makerFor(instances: readonly SampleInstance[], limits: PlanLimits = {}) {
  const names = ['n0', 'n1', 'n2', 'n3'];
  const data = prepareCluster(
    sampleCluster(
      names.map((name) => ({ name, totalSpindles: 10 })),
      instances,
    ),
  );
  const services = [{ name: 'web', members: ['*'], rules: [{ kind: 'spread' as const, level: 'node', atMost: 1 }] }];
  const rules = compileRules(data, { levels: [], domains: [], links: [], migration: [] }, services);
  return createPlanMaker(createState(data), { ...limits, rules });
}

const [a, b] = [
  { name: 'a', primary: 0, secondary: 1 },
  { name: 'b', primary: 1, secondary: 3 },
];
const goal = new Map([[0, { primary: 2, secondary: 1 }]]);

describe('a primary that is replaced', () => {
  test('runs on the secondary in between: where that is closed, by two other moves', () => {
    const maker = makerFor([a, b]);
    assert.equal(maker.make({ instance: 0, kind: moveKind.replacePrimary, target: 2 }), false);
    assert.deepEqual(orderMoves(maker, goal), []);
    const kinds = maker.moves.map(({ kind, target }) => [kind, target]);
    assert.deepEqual(kinds, [
      [moveKind.replaceAndFailover, 2],
      [moveKind.replaceSecondary, 1],
    ]);
  });

  test('may pass by where a rule is broken no more than before', () => {
    const maker = makerFor([a, b, { name: 'c', primary: 0, secondary: 3 }]);
    assert.deepEqual(orderMoves(maker, goal), []);
    assert.deepEqual(
      maker.moves.map(({ kind }) => kind),
      [moveKind.replacePrimary],
    );
  });
});

test('a plan stays within its limits, whatever way is needed', () => {
  for (const limits of [{ maxMoves: 1 }, { maxData: 10_240 }]) {
    const maker = makerFor([a, b], limits);
    assert.deepEqual(orderMoves(maker, goal), [0]);
    assert.deepEqual([maker.moves.length, maker.data], [1, 10_240]);
  }
});
