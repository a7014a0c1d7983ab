import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeyedMutex } from './keyed-mutex.ts';

test('work with the same key runs one after the other, also after a failure; work with other keys does not wait', async () => {
  const exclusively = createKeyedMutex();
  const events: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = exclusively('a', async () => {
    events.push('first begins');
    await gate.promise;
    events.push('first fails');
    throw new Error('first');
  });
  const second = exclusively('a', async () => events.push('second'));
  await exclusively('b', async () => events.push('other'));
  assert.deepEqual(events, ['first begins', 'other']);
  gate.resolve();
  await assert.rejects(first, { message: 'first' });
  await second;
  assert.deepEqual(events, ['first begins', 'other', 'first fails', 'second']);
  assert.equal(await exclusively('a', async () => 7), 7);
});
