import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseNode, type PlacementNode } from './choose-node.ts';

const node = (name: string, more: Partial<PlacementNode> = {}): PlacementNode => ({
  name,
  memoryTotal: 1000,
  memoryFree: 1000,
  diskTotal: 1000,
  diskFree: 1000,
  vcpus: 4,
  vcpusUsed: 0,
  vcpuRatio: 4,
  refusal: null,
  ...more,
});
const request = { memory: 100, disk: 100, vcpus: 1 };

test('the emptier node is chosen, ties go to the first name', () => {
  assert.equal(chooseNode([node('a', { memoryFree: 500 }), node('b'), node('c', { diskFree: 300 })], request).index, 1);
  assert.equal(chooseNode([node('b'), node('a')], request).index, 1);
});

test('where the scarcest resource is equally scarce, the others decide', () => {
  const scarce = { diskFree: 200 };
  const nodes = [
    node('a', { ...scarce, memoryFree: 700 }),
    node('b', { ...scarce, memoryFree: 900 }),
    node('c', { ...scarce, memoryFree: 800 }),
  ];
  assert.equal(chooseNode(nodes, request).index, 1);
});

test('every refusal is explained with its numbers', () => {
  const { index, refusals } = chooseNode(
    [node('a', { memoryFree: 99 }), node('b', { diskFree: 1 }), node('c', { vcpusUsed: 16 }), node('d', { refusal: 'drained' })],
    request,
  );
  assert.equal(index, -1);
  assert.deepEqual(
    [...refusals],
    [
      ['a', '100 MiB of memory wanted, 99 free'],
      ['b', '100 MiB of disk wanted, 1 free'],
      ['c', '1 virtual processors wanted, 0 of 16 left'],
      ['d', 'drained'],
    ],
  );
});

test('a diskless instance does not mind a full disk', () => {
  assert.equal(chooseNode([node('a', { diskFree: 0 })], { ...request, disk: 0 }).index, 0);
});

test('the chosen node always has room, and the order of the nodes does not matter', () => {
  const nodes = fc.uniqueArray(
    fc.record({
      name: fc.string({ minLength: 1, maxLength: 4 }),
      memoryFree: fc.nat(1000),
      diskFree: fc.nat(1000),
      vcpusUsed: fc.nat(16),
      refusal: fc.constantFrom(null, null, 'offline'),
    }),
    { selector: (value) => value.name, maxLength: 8 },
  );
  fc.assert(
    fc.property(nodes, fc.nat(1000), fc.nat(1000), (specs, memory, disk) => {
      const all = specs.map((spec) => node(spec.name, spec));
      const { index, refusals } = chooseNode(all, { memory, disk, vcpus: 1 });
      const chosen = all[index];
      if (chosen) assert.ok(chosen.memoryFree >= memory && (disk === 0 || chosen.diskFree >= disk) && chosen.refusal === null);
      else assert.equal(refusals.size, all.length);
      const reversed = [...all].reverse();
      assert.equal(reversed[chooseNode(reversed, { memory, disk, vcpus: 1 }).index]?.name, chosen?.name);
    }),
    { seed: 7 },
  );
});
