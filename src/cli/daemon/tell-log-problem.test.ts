import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLogProblemTeller } from './tell-log-problem.ts';

test('a monitoring agent that cannot write its log leaves word for cluster verify, as long as it is so', async () => {
  const base = await mkdtemp(join(tmpdir(), 'gantry-tell-log-'));
  const runDir = join(base, 'run');
  const found = async () => (await readFile(join(runDir, 'monitor-log.json'), 'utf8').catch(() => '')).trim();
  try {
    const tell = createLogProblemTeller(runDir);
    tell(null);
    assert.equal(await found(), '');
    tell('ENOSPC; 1 lines are lost since 1970');
    assert.equal(await found(), '{"problem":"ENOSPC; 1 lines are lost since 1970"}');
    tell('ENOSPC; 2 lines are lost since 1970');
    tell('EIO; 3 lines');
    assert.equal(await found(), '{"problem":"EIO; 3 lines"}');
    // Another process after this one, whose log is well.
    createLogProblemTeller(runDir)(null);
    assert.equal(await found(), '');
    assert.deepEqual(await readdir(runDir), []);
    createLogProblemTeller('/dev/null/none')('EIO; 1');
  } finally {
    await rm(base, { recursive: true });
  }
});
