import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createReadyHeap } from './ready-heap.ts';

interface Item {
  readonly rank: number;
}

test('what waits comes out smallest first, whatever comes and goes in between', () => {
  const commands = fc.array(fc.option(fc.integer({ min: -20, max: 20 }), { freq: 3 }), { maxLength: 60 });
  fc.assert(
    fc.property(commands, (ranks) => {
      const heap = createReadyHeap<Item>((a, b) => a.rank - b.rank);
      const model: number[] = [];
      for (const rank of ranks) {
        if (rank === null) assert.equal(heap.pop()?.rank, model.shift());
        else {
          heap.push({ rank });
          model.push(rank);
          model.sort((a, b) => a - b);
        }
        assert.equal(heap.size, model.length);
      }
      for (const rank of model) assert.equal(heap.pop()?.rank, rank);
      assert.equal(heap.pop(), undefined);
    }),
    { seed: 5, numRuns: 300 },
  );
});

test('it compares as a heap does, not with everything that waits', () => {
  let compared = 0;
  const heap = createReadyHeap<Item>((a, b) => {
    compared++;
    return a.rank - b.rank;
  });
  for (let i = 0; i < 1024; i++) heap.push({ rank: 7 });
  assert.ok(compared < 2048, `${compared} comparisons for equal items`);
  compared = 0;
  heap.pop();
  assert.ok(compared <= 20, `${compared} comparisons for one`);
});
