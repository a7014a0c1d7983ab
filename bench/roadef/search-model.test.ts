import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../src/base/index.ts';
import { createVectorModel } from '../../src/placement/index.ts';
import { checkAssignment } from './check-assignment.ts';
import { randomModel } from './testing/random-model.ts';
import { toSearchProblem } from './to-search-problem.ts';

const seeds = fc.integer({ min: 0, max: 1_000_000 });
const size = { machines: 6, processes: 18, resources: 4 };

/** Takes random allowed changes, weighed with `most`, and lets `check` look after each one. */
function walk(seed: number, steps: number, pressure: number, check: (walk: Walk) => void): number {
  const random = seededRandom(seed);
  const { model, initial } = randomModel(random, size);
  const search = createVectorModel(toSearchProblem(model, initial));
  search.press(pressure);
  let taken = 0;
  for (let step = 0; step < steps; step++) {
    const item = Math.floor(random() * search.items);
    const before = search.cost;
    const swaps = random() < 0.5;
    const target = Math.floor(random() * (swaps ? search.items : search.bins));
    const delta = swaps
      ? search.weighSwap(item, target, Number.POSITIVE_INFINITY)
      : search.weighShift(item, target, Number.POSITIVE_INFINITY);
    if (delta === Number.POSITIVE_INFINITY) continue;
    if (swaps) search.swap(item, target);
    else search.shift(item, target);
    taken++;
    check({ verdict: checkAssignment(model, initial, search.binOf), search, predicted: before + delta });
  }
  return taken;
}

interface Walk {
  readonly verdict: ReturnType<typeof checkAssignment>;
  readonly search: ReturnType<typeof createVectorModel>;
  readonly predicted: number;
}

test('after any sequence of moves the cost is what the checker says, and no constraint is broken', () => {
  let taken = 0;
  fc.assert(
    fc.property(seeds, (seed) => {
      taken += walk(seed, 400, Number.POSITIVE_INFINITY, ({ verdict, search, predicted }) => {
        assert.deepEqual(verdict.problems, []);
        assert.equal(search.cost, verdict.cost);
        assert.equal(predicted, verdict.cost);
        assert.ok(search.valid);
      });
    }),
    { seed: 1, numRuns: 60 },
  );
  assert.ok(taken > 600, `only ${taken} changes were allowed`);
});

test('under pressure only capacities give way, and the model knows when they hold', () => {
  let broken = 0;
  fc.assert(
    fc.property(seeds, (seed) => {
      walk(seed, 120, 1, ({ verdict, search }) => {
        assert.deepEqual(
          verdict.problems.filter((problem) => !/^machine .* uses/.test(problem)),
          [],
        );
        assert.equal(search.valid, verdict.problems.length === 0);
        assert.equal(search.cost, verdict.cost);
        broken += verdict.problems.length;
      });
    }),
    { seed: 2, numRuns: 40 },
  );
  assert.ok(broken > 0);
});

test('a change that would cost more than the bound is refused, any other is priced the same', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: -200, max: 200 }), (seed, most) => {
      const random = seededRandom(seed);
      const { model, initial } = randomModel(random, size);
      const search = createVectorModel(toSearchProblem(model, initial));
      for (let item = 0; item < search.items; item++) {
        const target = Math.floor(random() * search.bins);
        const other = Math.floor(random() * search.items);
        const shift = search.weighShift(item, target, Number.POSITIVE_INFINITY);
        assert.equal(search.weighShift(item, target, most), shift <= most ? shift : Number.POSITIVE_INFINITY);
        const swap = search.weighSwap(item, other, Number.POSITIVE_INFINITY);
        assert.equal(search.weighSwap(item, other, most), swap <= most ? swap : Number.POSITIVE_INFINITY);
      }
    }),
    { seed: 3, numRuns: 60 },
  );
});

test('a budget limits how many items are away from home, and how much data', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const random = seededRandom(seed);
      const { model, initial } = randomModel(random, size);
      const dataOf = Float64Array.from(initial, () => Math.floor(random() * 10));
      const search = createVectorModel({ ...toSearchProblem(model, initial), budget: { moves: 3, data: 12, dataOf } });
      for (let step = 0; step < 150; step++) {
        const item = Math.floor(random() * search.items);
        const other = Math.floor(random() * search.items);
        const bin = Math.floor(random() * search.bins);
        if (search.weighSwap(item, other, 1e9) <= 1e9) search.swap(item, other);
        if (search.weighShift(item, bin, 1e9) <= 1e9) search.shift(item, bin);
        const away = [...search.binOf.keys()].filter((i) => search.binOf[i] !== initial[i]);
        assert.ok(away.length <= 3);
        assert.ok(away.reduce((sum, i) => sum + (dataOf[i] as number), 0) <= 12);
      }
    }),
    { seed: 4, numRuns: 40 },
  );
});

test('reset goes back to a state and to its cost', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const random = seededRandom(seed);
      const { model, initial } = randomModel(random, size);
      const search = createVectorModel(toSearchProblem(model, initial));
      const cost = search.cost;
      for (let step = 0; step < 60; step++) {
        const item = Math.floor(random() * search.items);
        const bin = Math.floor(random() * search.bins);
        if (search.weighShift(item, bin, 1e9) <= 1e9) search.shift(item, bin);
      }
      search.reset(initial);
      assert.deepEqual([...search.binOf], [...initial]);
      assert.equal(search.cost, cost);
      assert.equal(search.cost, checkAssignment(model, initial, initial).cost);
    }),
    { seed: 5, numRuns: 30 },
  );
});
