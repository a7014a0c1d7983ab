import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressSteps } from './progress-steps.ts';

test('a step whose result is incomplete is marked as failed, and its result is returned', async (t) => {
  const written: string[] = [];
  t.mock.method(process.stderr, 'write', (text: string) => {
    written.push(text);
    return true;
  });
  const steps = progressSteps(new AbortController().signal);
  const isEmpty = (failed: readonly string[]) => failed.length === 0;
  const marks: unknown[] = [
    await steps.step('start web1', async () => ['web1'], isEmpty),
    await steps.step('start db', async () => [], isEmpty),
  ];
  await assert.rejects(steps.step('stop', () => Promise.reject(new Error('no'))));
  t.mock.reset();
  assert.deepEqual(marks, [['web1'], []]);
  const text = written.join('');
  assert.match(text, /✗[^✓✗]*start web1/);
  assert.match(text, /✓[^✓✗]*start db/);
  assert.match(text, /✗[^✓✗]*stop/);
});
