import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLivingProcess } from './parse-living-process.ts';

const stat = (state: string, threads: number) => `20 (a) b) ${state} ${'0 '.repeat(16)}${threads} 0 500 0 9 0\n`;

for (const [state, threads, lives] of [
  ['S', 1, true],
  ['D', 4, true],
  ['Z', 1, false],
  ['Z', 0, false],
  ['Z', 2, true],
  ['X', 2, false],
  ['x', 1, false],
] as const)
  test(`a process in state ${state} with ${threads} threads ${lives ? 'lives' : 'has ended'}`, () =>
    assert.equal(parseLivingProcess(stat(state, threads))?.startTicks, lives ? 500 : undefined));

test('what is cut short, and nothing, is no process', () => {
  assert.equal(parseLivingProcess('20 (a) S 0'), undefined);
  assert.equal(parseLivingProcess(undefined), undefined);
});
