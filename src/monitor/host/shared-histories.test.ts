import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ringBufferBytes } from '../collector/ring-buffer.ts';
import { sharedHistories } from './shared-histories.ts';

test('each history is made once, told with its key, and goes on in a later thread', () => {
  const told = new Map<string, SharedArrayBuffer | undefined>();
  const tell = (key: string, memory: SharedArrayBuffer | undefined) => void told.set(key, memory);
  const first = sharedHistories(new Map(), tell)('cpu');
  first.take('core 0', 2, 4).push(1000, [10, 20]);
  first.take('core 0', 2, 4).push(2000, [13, 27]);
  first.take('core 0', 2, 5);
  assert.deepEqual([...told.keys()], ['cpu 2 4 core 0', 'cpu 2 5 core 0']);
  assert.equal(told.get('cpu 2 4 core 0')?.byteLength, ringBufferBytes(2, 4));
  const known = new Map([...told].flatMap(([key, memory]) => (memory ? [[key, memory] as const] : [])));
  told.clear();
  const later = sharedHistories(known, tell)('cpu').take('core 0', 2, 4);
  assert.deepEqual([later.time(), later.latest(1), later.rate(0, 60), told.size], [2000, 27, 3, 0]);
});

test('what is dropped is told and starts anew; other names and other collectors keep theirs', () => {
  const told: [string, boolean][] = [];
  const histories = sharedHistories(new Map(), (key, memory) => void told.push([key, memory !== undefined]));
  const [cpu, disk] = [histories('cpu'), histories('disk')];
  for (const history of [cpu.take('a b', 1, 2), cpu.take('a', 1, 2), disk.take('a b', 1, 2)]) history.push(5, [6]);
  told.length = 0;
  cpu.drop('a b');
  cpu.drop('no such');
  assert.deepEqual(told, [['cpu 1 2 a b', false]]);
  assert.ok(Number.isNaN(cpu.take('a b', 1, 2).latest(0)));
  assert.deepEqual([cpu.take('a', 1, 2).latest(0), disk.take('a b', 1, 2).latest(0)], [6, 6]);
});
