import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { identifyProcess } from '../../host/index.ts';
import { checkSupervisor } from './check-supervisor.ts';

test('a supervisor that has ended without a word is told; one that lives, and none at all, are not', async () => {
  const runDir = await mkdtemp(join(tmpdir(), 'gantry-supervisor-'));
  const look = async () => (await checkSupervisor({ runDir } as never, {} as never)).map(({ code, todo }) => `${code}: ${todo}`);
  const leave = (identity: object) => writeFile(join(runDir, 'supervisor.json'), JSON.stringify({ ...identity, cluster: 'lab' }));
  try {
    assert.deepEqual(await look(), []);
    const own = await identifyProcess(process.pid);
    assert.ok(own);
    await leave(own);
    assert.deepEqual(await look(), []);
    for (const gone of [
      { ...own, startTicks: own.startTicks - 1 },
      { ...own, bootId: 'another' },
      { ...own, pid: 2 ** 22 + 1 },
    ]) {
      await leave(gone);
      assert.match((await look())[0] ?? '', /^VERIFY_SUPERVISOR_DEAD: .*gantry up --name lab/);
    }
    assert.deepEqual(await checkSupervisor({} as never, {} as never), []);
  } finally {
    await rm(runDir, { recursive: true });
  }
});
