import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { systemClock } from './clock.ts';
import { longTimeout } from './long-timeout.ts';

const day = 86_400_000;

/** By hours: what a timer sets when it ends counts from the end of the step. */
function pass(context: TestContext, days: number): void {
  for (let hours = days * 24; hours > 0; hours--) context.mock.timers.tick(day / 24);
}

test('a time that no timer can be set to passes whole', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  let calls = 0;
  longTimeout(60 * day, () => calls++);
  const cancel = longTimeout(60 * day, () => calls++);
  pass(context, 59);
  assert.equal(calls, 0);
  cancel();
  pass(context, 2);
  assert.equal(calls, 1);
  pass(context, 60);
  assert.equal(calls, 1);
});

test('the clock sleeps as long as it is told, and wakes up at once when it is to', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  let awake = false;
  systemClock.sleep(50 * day).then(
    () => (awake = true),
    () => undefined,
  );
  pass(context, 49);
  await new Promise(setImmediate);
  assert.equal(awake, false);
  pass(context, 2);
  await new Promise(setImmediate);
  assert.equal(awake, true);
  const ending = new AbortController();
  const waking = assert.rejects(systemClock.sleep(50 * day, ending.signal), /enough/);
  ending.abort(new Error('enough'));
  await waking;
});
