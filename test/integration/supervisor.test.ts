import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findDaemon } from '../../src/cli/local/daemon-process.ts';
import { localPaths } from '../../src/cli/local/local-paths.ts';
import { until } from '../support/until.ts';
import { startLocalCluster } from './local-cluster.ts';

let cluster: Awaited<ReturnType<typeof startLocalCluster>>;

before(async () => {
  cluster = await startLocalCluster('--nodes', '1', '--supervised');
});
after(() => cluster.dispose());

const pidOf = async (daemon: string) => (await findDaemon(localPaths(cluster.name, cluster.home).runDir, daemon))?.pid;

test('daemons that are killed come back by themselves, with the REST API where it was, and verify tells of it', async () => {
  for (const daemon of ['master', 'agent-node1', 'monitor-node1']) {
    const before = await pidOf(daemon);
    assert.ok(before, daemon);
    process.kill(before, 'SIGKILL');
    await until(`${daemon} runs again`, async () => ![undefined, before].includes(await pidOf(daemon)), { everyMs: 200 });
  }
  const told = await until(
    'verify tells of it',
    async () => {
      const { code, stdout } = await cluster.gantry(['cluster', 'verify']);
      return code === 0 && stdout.includes('VERIFY_DAEMON_RESTARTED') && stdout;
    },
    { seconds: 60, everyMs: 500 },
  );
  for (const daemon of ['master', 'agent', 'monitor']) assert.match(told, new RegExp(`${daemon}.*restarts so far: 1`));
  const log = await readFile(join(localPaths(cluster.name, cluster.home).logDir, 'supervisor.log'), 'utf8');
  assert.match(log, /"daemon":"master".*is started again/);
});

test('a second up changes nothing, and after down nothing comes back', async () => {
  const before = await Promise.all(['supervisor', 'master'].map(pidOf));
  await cluster.up('--supervised');
  assert.deepEqual(await Promise.all(['supervisor', 'master'].map(pidOf)), before);
  await cluster.down();
  assert.deepEqual(await Promise.all(['supervisor', 'master', 'agent-node1'].map(pidOf)), [undefined, undefined, undefined]);
});
