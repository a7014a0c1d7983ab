import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moveKind } from '../../placement/index.ts';
import type { DescribedMove } from './describe-move.ts';
import { splitIntoJobSets } from './job-sets.ts';

const move = (instance: number, nodes: readonly number[], locks: readonly number[] = []): DescribedMove => ({
  move: { instance, kind: moveKind.failoverToAny, target: nodes[1] as number, primary: nodes[1] as number, secondary: -1, score: 0 },
  commands: [],
  nodes,
  locks,
  line: '',
});

const setsOf = (...moves: DescribedMove[]) => splitIntoJobSets(moves).map((set) => set.map(({ move: { instance } }) => instance));

test('moves share a set until a node, or a lock, is used a second time', () => {
  assert.deepEqual(setsOf(move(0, [0, 1]), move(1, [2, 3]), move(2, [4, 5])), [[0, 1, 2]]);
  assert.deepEqual(setsOf(move(0, [0, 1]), move(1, [2, 3]), move(2, [3, 5])), [[0, 1], [2]]);
  assert.deepEqual(setsOf(move(0, [0, 1], [7]), move(1, [2, 3]), move(2, [4, 5], [7])), [[0], [1, 2]]);
});
