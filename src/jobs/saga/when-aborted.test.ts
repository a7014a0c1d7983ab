import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { whenAborted } from './when-aborted.ts';

test('all who listen are called once, but not who has taken it back; the signal has one listener', () => {
  const abort = new AbortController();
  const called: string[] = [];
  whenAborted(abort.signal, () => called.push('a'));
  whenAborted(abort.signal, () => called.push('b'))();
  whenAborted(abort.signal, () => called.push('c'));
  assert.equal(getEventListeners(abort.signal, 'abort').length, 1);
  abort.abort();
  abort.abort();
  assert.deepEqual(called, ['a', 'c']);
});

test('who comes too late is called at once', () => {
  let calls = 0;
  whenAborted(AbortSignal.abort(), () => calls++)();
  assert.equal(calls, 1);
});
