import assert from 'node:assert/strict';
import { copyFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { run } from '../../src/base/index.ts';
import { endProcess, findDaemon } from '../../src/cli/local/daemon-process.ts';
import { localPaths } from '../../src/cli/local/local-paths.ts';
import { until } from '../support/until.ts';
import { assertVerified, guestProcesses } from './cluster-traces.ts';
import { startLocalCluster } from './local-cluster.ts';

let cluster: Awaited<ReturnType<typeof startLocalCluster>>;

before(async () => {
  cluster = await startLocalCluster('--nodes', '2');
});
after(() => cluster.dispose());

const gantry = (...args: string[]) => cluster.succeed(...args);

const guests = async () => (await guestProcesses(cluster.summary.uid_base)).map(({ name }) => name);
const stop = () => gantry('instance', 'shutdown', 'web1', '--timeout', '0');

/** Stops the master alone; the agents go on and remember. */
async function stopMaster(): Promise<void> {
  const master = await findDaemon(localPaths(cluster.name, cluster.home).runDir, 'master');
  assert.ok(master);
  await endProcess(master, 'master', 20_000);
}

async function newestJob(): Promise<number> {
  const jobs = JSON.parse(await gantry('job', 'list', '--output', 'json')) as { id: number }[];
  return Math.max(...jobs.map(({ id }) => id));
}

test('a backup that is older than the last terms and jobs is restored, and the cluster does what it is told', async () => {
  const state = join(cluster.summary.nodes[0]?.state_dir ?? '', 'master');
  const backup = join(cluster.home, 'store.backup');
  await gantry('instance', 'add', 'web1', '--os', 'tiny', '--disk', '64M', '--memory', '128M');
  await gantry('store', 'backup', '--to', backup, '--state-dir', state);
  assert.equal((await stat(backup)).mode & 0o777, 0o600);
  const before = await newestJob();
  // The agents remember the result of this job, and the terms of masters that the backup knows nothing of.
  await stop();
  const repeated = await newestJob();
  assert.equal(repeated, before + 1);
  await gantry('instance', 'startup', 'web1');
  for (let round = 0; round < 3; round++) {
    await stopMaster();
    await cluster.up();
  }
  const inUse = await cluster.gantry(['store', 'restore', '--from', backup, '--state-dir', state]);
  assert.match(inUse.stderr, /STORE_IN_USE/);
  await stopMaster();
  const old = join(cluster.home, 'old.db');
  for (const part of ['', '-seal']) await copyFile(join(state, `store.db${part}`), `${old}${part}`);
  await gantry('store', 'restore', '--from', backup, '--state-dir', state);
  await cluster.up();
  assert.deepEqual(await guests(), ['web1']);
  await stop();
  assert.equal(await newestJob(), repeated, 'the number of the job repeats');
  assert.deepEqual(await guests(), [], 'the machine was stopped, not the result of the other job told');
  await gantry('instance', 'startup', 'web1');
  await assertVerified(cluster);

  // A master on the old store is refused, whatever its term is.
  await stopMaster();
  const restored = join(cluster.home, 'restored.db');
  for (const part of ['', '-seal']) await copyFile(join(state, `store.db${part}`), `${restored}${part}`);
  const put = async (file: string) => {
    for (const part of ['-wal', '-shm']) await run('rm', ['-f', `${join(state, 'store.db')}${part}`]);
    for (const part of ['', '-seal']) await run('cp', ['--no-preserve=all', `${file}${part}`, `${join(state, 'store.db')}${part}`]);
  };
  await put(old);
  await cluster.up();
  const refused = await until('the old master is told', async () => {
    const { code, stderr } = await cluster.gantry(['instance', 'shutdown', 'web1', '--timeout', '0']);
    return code !== 0 && stderr;
  });
  assert.match(refused, /NODE_REFUSED_EPOCH/);
  assert.deepEqual(await guests(), ['web1']);
  await stopMaster();
  await put(restored);
  await cluster.up();
  await gantry('instance', 'remove', 'web1', '--yes', '--shutdown-timeout', '0');
  await assertVerified(cluster);
});
