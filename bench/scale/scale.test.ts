import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { benchScale } from './scale.ts';

test('the benchmark of size: a master over many nodes starts, verifies and stays', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'gantry-bench-scale-'));
  try {
    const { phases, fresh, problems, leads } = await benchScale({ nodes: 40, instances: 200, seconds: 0, leaseSeconds: 60, dir });
    assert.deepEqual(
      phases.map(({ name }) => name),
      ['start', 'all nodes known', 'verify', 'stay'],
    );
    assert.equal(fresh, 40);
    assert.deepEqual(problems, []);
    assert.ok(leads);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
