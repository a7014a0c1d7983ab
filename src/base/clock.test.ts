import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from './clock.ts';

test('sleep ends at once when its signal aborts, also when it had before', async () => {
  const abort = new AbortController();
  const sleeping = systemClock.sleep(60_000, abort.signal);
  const reason = new Error('enough');
  abort.abort(reason);
  await assert.rejects(sleeping, reason);
  await assert.rejects(systemClock.sleep(60_000, abort.signal), reason);
});

test('now is the time of day in milliseconds', () => {
  assert.ok(Math.abs(systemClock.now() - Date.now()) < 5_000);
});
