import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../src/base/index.ts';
import { createVectorModel, search } from '../../src/placement/index.ts';
import { checkAssignment } from './check-assignment.ts';
import type { RoadefModel } from './roadef-model.ts';
import { randomModel } from './testing/random-model.ts';
import { toSearchProblem } from './to-search-problem.ts';

const seeds = fc.integer({ min: 0, max: 1_000_000 });
const size = { machines: 6, processes: 18, resources: 4 };

function sample(seed: number, changes: Partial<RoadefModel> = {}) {
  const random = seededRandom(seed);
  const made = randomModel(random, size);
  const { initial } = made;
  const model = { ...made.model, ...changes };
  const verdict = (places: Int32Array) => checkAssignment(model, initial, places);
  return { random, initial, verdict, model: createVectorModel(toSearchProblem(model, initial)) };
}

test('after any sequence of moves the cost is what the checker says, and no constraint is broken', () => {
  let moved = 0;
  fc.assert(
    fc.property(seeds, (seed) => {
      const { model, random, verdict } = sample(seed);
      const victims = new Int32Array(64);
      for (let step = 0; step < 60; step++) {
        const chosen = victims.subarray(0, model.choose(victims, random));
        assert.equal(new Set(chosen).size, chosen.length, 'no item is chosen twice');
        const before = Array.from(chosen, (item) => model.placeOf[item] as number);
        for (const item of chosen) model.take(item);
        chosen.forEach((item, k) => {
          const place = model.bestPlace(item, before[k] as number, random() < 0.5, random);
          if (place >= 0) model.put(item, place);
        });
        // What found no place, or what others now lack, leaves a state that the search would undo.
        if (!model.placeOf.includes(-1) && model.cost < Number.POSITIVE_INFINITY) {
          moved += Number(chosen.some((item, k) => model.placeOf[item] !== before[k]));
          assert.deepEqual(verdict(model.placeOf).problems, []);
          assert.equal(model.cost, verdict(model.placeOf).cost);
          continue;
        }
        for (const item of chosen) if (model.placeOf[item] !== -1) model.take(item);
        chosen.forEach((item, k) => model.put(item, before[k] as number));
        assert.equal(model.cost, verdict(model.placeOf).cost);
      }
    }),
    { seed: 1, numRuns: 60 },
  );
  assert.ok(moved > 400, `only ${moved} steps moved anything`);
});

test('an item that is off goes where that is cheapest of all bins that the constraints leave open', () => {
  let compared = 0;
  fc.assert(
    fc.property(seeds, (seed) => {
      // What a service pays for its moves is left out when places are compared.
      const { model, initial, verdict } = sample(seed, { serviceMoveWeight: 0 });
      // Nothing is passed over unseen.
      const seesAll = () => 0.5;
      for (let item = 0; item < model.items; item++) {
        const home = initial[item] as number;
        const allowed = Array.from({ length: size.machines }, (_, bin) => bin)
          .filter((bin) => bin !== home)
          .filter((bin) => verdict(initial.with(item, bin)).problems.length === 0);
        model.take(item);
        const place = model.bestPlace(item, home, false, seesAll);
        model.put(item, home);
        if (place < 0) assert.deepEqual(allowed, []);
        // A bin that is open to it may be one where others cannot do without it; the search sees that in the cost.
        else if (allowed.includes(place)) {
          compared++;
          assert.equal(verdict(initial.with(item, place)).cost, Math.min(...allowed.map((bin) => verdict(initial.with(item, bin)).cost)));
        }
      }
    }),
    { seed: 3, numRuns: 60 },
  );
  assert.ok(compared > 200, `only ${compared} places were compared`);
});

test('the search never ends worse than it began, leaves the model in the state it tells of, and breaks nothing', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const { model, random, initial, verdict } = sample(seed);
      let asked = 0;
      const best = search(model, { random, progress: () => asked++ / 30 });
      assert.deepEqual(verdict(best.places).problems, []);
      assert.equal(best.cost, verdict(best.places).cost);
      assert.ok(best.cost <= verdict(initial).cost);
      assert.deepEqual(model.placeOf, best.places);
    }),
    { seed: 4, numRuns: 30 },
  );
});

test('with more bins than are looked at for one item the search keeps to the constraints, and finds something', () => {
  const random = seededRandom(6);
  const { model, initial } = randomModel(random, { machines: 400, processes: 700, resources: 3 });
  let asked = 0;
  const best = search(createVectorModel(toSearchProblem(model, initial)), { random, progress: () => asked++ / 60 });
  const { problems, cost } = checkAssignment(model, initial, best.places);
  assert.deepEqual(problems, []);
  assert.equal(best.cost, cost);
  assert.ok(cost < checkAssignment(model, initial, initial).cost);
});

test('reset goes back to a state and to its cost', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const { model, random, initial, verdict } = sample(seed);
      let asked = 0;
      search(model, { random, progress: () => asked++ / 4 });
      model.reset(initial);
      assert.deepEqual([...model.placeOf], [...initial]);
      assert.equal(model.cost, verdict(initial).cost);
    }),
    { seed: 5, numRuns: 30 },
  );
});
