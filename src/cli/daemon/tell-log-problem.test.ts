import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkLog } from '../../node/verify/check-log.ts';
import { createLogProblemTeller } from './tell-log-problem.ts';

test('a monitoring agent that cannot write its log leaves word for cluster verify, as long as it is so', async () => {
  const base = await mkdtemp(join(tmpdir(), 'gantry-tell-log-'));
  const runDir = join(base, 'run');
  const found = async () =>
    (await checkLog({ runDir } as never, {} as never)).map(({ code, subject, text }) => `${code} ${subject}: ${text}`);
  try {
    const tell = createLogProblemTeller(runDir);
    tell(null);
    assert.deepEqual(await found(), []);
    tell('ENOSPC; 1 lines are lost since 1970');
    assert.deepEqual(await found(), ['VERIFY_LOG log of the monitoring agent: it cannot be written: ENOSPC; 1 lines are lost since 1970']);
    tell('ENOSPC; 2 lines are lost since 1970');
    tell('EIO; 3 lines are lost since 1970');
    assert.match((await found())[0] ?? '', /EIO; 3 lines/);
    // Another process after this one, whose log is well.
    createLogProblemTeller(runDir)(null);
    assert.deepEqual(await found(), []);
    assert.deepEqual(await readdir(runDir), []);
    createLogProblemTeller('/dev/null/none')('EIO; 1');
  } finally {
    await rm(base, { recursive: true });
  }
});
