import assert from 'node:assert/strict';
import { test } from 'node:test';
import { soak } from './soak.ts';

test('with everything going wrong at once the agent is there, and collectors that are well go on', { timeout: 120_000 }, async () => {
  const result = await soak({ seconds: 20, instances: 5, clients: 200, seed: 1 });
  assert.equal(result.unanswered, 0);
  assert.equal(result.memory.length, 4);
  assert.ok(Object.keys(result.failures).length >= 3, 'collectors failed as they were told to');
  assert.deepEqual(
    Object.keys(result.others).filter((name) => ['cpu-avg-load', 'cpu', 'memory', 'inst-usage'].includes(name)),
    [],
  );
});
