import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { benchJobs } from './jobs.ts';

test('the benchmark of the job queue ends every job, with the same result each time', async () => {
  const hashes: string[] = [];
  for (const submitters of [1, 20]) {
    const dir = await mkdtemp(join(tmpdir(), 'gantry-bench-jobs-'));
    try {
      hashes.push((await benchJobs({ jobs: 100, submitters, dir })).hash);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }
  assert.equal(hashes[0], hashes[1]);
});
