import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { until } from '../../../test/support/until.ts';
import { silentLog } from '../../base/index.ts';
import type { JobQueue } from '../../jobs/index.ts';
import { publishQueue } from './publish-queue.ts';

type Jobs = ReturnType<JobQueue['list']>;

test('jobs are counted by their state while the master leads', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'gantry-queue-'));
  const file = join(dir, 'queue.json');
  const jobs = (...statuses: string[]) => statuses.map((status) => ({ ops: [{ status }] })) as unknown as Jobs;
  let list = jobs('running', 'queued', 'queued', 'error');
  const stop = publishQueue({ list: () => list }, file, silentLog, 10);
  const told = async (wanted: object) => {
    await until('the jobs are counted', () => existsSync(file) && isDeepStrictEqual(JSON.parse(readFileSync(file, 'utf8')).jobs, wanted));
  };
  try {
    await told({ queued: 2, waiting: 0, running: 1, error: 1 });
    assert.equal(JSON.parse(readFileSync(file, 'utf8')).pid, process.pid);
    list = jobs();
    await told({ queued: 0, waiting: 0, running: 0 });
  } finally {
    stop();
    assert.equal(existsSync(file), false);
    rmSync(dir, { recursive: true });
  }
});
