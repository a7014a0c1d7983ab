import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { withFileLock } from './with-file-lock.ts';

test('one at a time has the lock, also after one that failed', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'file-lock-'));
  try {
    let inside = 0;
    let most = 0;
    const work = (fails: boolean) =>
      withFileLock(join(dir, 'lock'), async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setTimeout(resolve, 20));
        inside--;
        if (fails) throw new Error('broken');
        return 'done';
      });
    const outcomes = await Promise.allSettled([work(false), work(true), work(false), work(false)]);
    assert.equal(most, 1);
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('a lock that cannot be made is an error', async () => {
  await assert.rejects(
    withFileLock('/proc/no/lock', async () => 1),
    /\/proc\/no\/lock cannot be locked: flock ended with 6\d/,
  );
});
