import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { untilStopped } from './until-stopped.ts';

const never = new Promise<never>(() => undefined);
const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

test('what ends in time ends as it does, and leaves no listener behind', async () => {
  const { signal } = new AbortController();
  const late = Promise.withResolvers<number>();
  const value = untilStopped(late.promise, signal);
  const failure = assert.rejects(untilStopped(Promise.reject(new Error('no')), signal), /no/);
  assert.equal(listeners(signal), 2);
  late.resolve(7);
  assert.equal(await value, 7);
  await failure;
  await new Promise(setImmediate);
  assert.equal(listeners(signal), 0);
});

test('what does not is given up with the reason of the signal; its end is of no interest', async () => {
  const abort = new AbortController();
  const late = Promise.withResolvers<number>();
  const given = [untilStopped(never, abort.signal), untilStopped(late.promise, abort.signal)];
  const reason = new Error('stopped');
  abort.abort(reason);
  for (const each of given) await assert.rejects(each, (error) => error === reason);
  late.reject(new Error('nobody hears it'));
  await assert.rejects(untilStopped(never, abort.signal), (error) => error === reason);
});
