import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moveKind, openNetwork } from '../../placement/index.ts';
import type { DescribedMove } from './describe-move.ts';
import { splitIntoJobSets } from './job-sets.ts';

const move = (
  instance: number,
  nodes: readonly number[],
  locks: readonly number[] = [],
  loads: DescribedMove['traffic']['loads'] = [],
): DescribedMove => ({
  move: { instance, kind: moveKind.failoverToAny, target: nodes[1] as number, primary: nodes[1] as number, secondary: -1, score: 0 },
  commands: [],
  nodes,
  traffic: { locks, loads },
  line: '',
});

/** Two links, of 100 and of 10 MiB per second. */
const network = { ...openNetwork, rooms: Float64Array.of(100, 10) };

const setsOf = (...moves: DescribedMove[]) => splitIntoJobSets(moves, network).map((set) => set.map(({ move: { instance } }) => instance));

test('moves share a set until a node, or a lock, is used a second time', () => {
  assert.deepEqual(setsOf(move(0, [0, 1]), move(1, [2, 3]), move(2, [4, 5])), [[0, 1, 2]]);
  assert.deepEqual(setsOf(move(0, [0, 1]), move(1, [2, 3]), move(2, [3, 5])), [[0, 1], [2]]);
  assert.deepEqual(setsOf(move(0, [0, 1], [7]), move(1, [2, 3]), move(2, [4, 5], [7])), [[0], [1, 2]]);
});

test('moves of a set send no more over a link than it has room for; one that alone takes all of it goes alone', () => {
  const over = (instance: number, ...loads: (readonly [number, number])[]) => move(instance, [2 * instance, 2 * instance + 1], [], loads);
  assert.deepEqual(setsOf(over(0, [0, 50]), over(1, [0, 50]), over(2, [1, 10])), [[0, 1, 2]]);
  assert.deepEqual(setsOf(over(0, [0, 60]), over(1, [1, 5]), over(2, [0, 50], [1, 5])), [[0], [1, 2]]);
  assert.deepEqual(setsOf(over(0, [1, 110]), over(1, [1, 1])), [[0], [1]]);
});
