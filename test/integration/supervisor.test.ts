import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findDaemon, startDaemon } from '../../src/cli/local/daemon-process.ts';
import { localPaths } from '../../src/cli/local/local-paths.ts';
import { isAlive } from '../../src/host/processes/process-identity.ts';
import { processesInNamespace } from '../../src/host/processes/processes-in.ts';
import { until } from '../support/until.ts';
import { startLocalCluster } from './local-cluster.ts';

let cluster: Awaited<ReturnType<typeof startLocalCluster>>;

before(async () => {
  cluster = await startLocalCluster('--nodes', '1', '--supervised');
});
after(() => cluster.dispose());

const pidOf = async (daemon: string) => (await findDaemon(localPaths(cluster.name, cluster.home).runDir, daemon))?.pid;

const logText = (name: string) => readFile(join(localPaths(cluster.name, cluster.home).logDir, `${name}.log`), 'utf8');

/** Processes of the machines that run. */
async function machines(): Promise<number[]> {
  const inside = await processesInNamespace(`/run/netns/gantry-${cluster.name}-node1`);
  const commands = await Promise.all(inside.map(({ pid }) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return inside.map(({ pid }) => pid).filter((_, index) => commands[index]?.startsWith('qemu-system'));
}

test('a supervised cluster, from its start to its end', async (t) => {
  await t.test('daemons that are killed come back by themselves, their machines go on, and verify tells of it', async () => {
    const made = await cluster.gantry(['instance', 'add', 'web1', '--os', 'tiny', '--disk', '64M', '--memory', '128M']);
    assert.equal(made.code, 0, made.stderr);
    const running = await machines();
    assert.equal(running.length, 1);
    for (const daemon of ['master', 'agent-node1', 'monitor-node1']) {
      const before = await pidOf(daemon);
      assert.ok(before, daemon);
      process.kill(before, 'SIGKILL');
      await until(`${daemon} runs again`, async () => ![undefined, before].includes(await pidOf(daemon)), { everyMs: 200 });
    }
    const told = await until(
      'verify tells of it',
      async () => {
        const { code, stdout } = await cluster.gantry(['cluster', 'verify'], { killAfterMs: 30_000 });
        return code === 0 && stdout.includes('VERIFY_DAEMON_RESTARTED') && stdout;
      },
      { seconds: 120, everyMs: 500 },
    );
    for (const daemon of ['master', 'agent', 'monitor']) {
      const log = await logText(daemon === 'master' ? daemon : `${daemon}-node1`);
      assert.match(told, new RegExp(`${daemon}.*restarts so far: 1\\)`), `${await logText('supervisor')}\n${log}`);
    }
    assert.match(await logText('supervisor'), /"daemon":"master".*is started again/);
    assert.deepEqual(await machines(), running);
  });

  await t.test('a second supervisor takes the place of the first', async () => {
    const { runDir, logDir } = localPaths(cluster.name, cluster.home);
    const first = await findDaemon(runDir, 'supervisor');
    assert.ok(first);
    const args = [join(import.meta.dirname, '../../src/cli/local/run-supervisor.ts'), cluster.name, cluster.home];
    const second = await startDaemon(runDir, logDir, { name: 'supervisor', args });
    await until('the first one ends', async () => !(await isAlive(first)), { everyMs: 100 });
    await until('the second one begins', async () => (await logText('supervisor')).split('supervisor watches the daemons').length === 3, {
      everyMs: 100,
    });
    assert.ok(await isAlive(second));
  });

  await t.test('a supervisor that is killed is told by verify until up has started another one', async () => {
    const pid = await pidOf('supervisor');
    assert.ok(pid);
    const verify = async () => (await cluster.gantry(['cluster', 'verify'], { killAfterMs: 30_000 })).stdout;
    assert.doesNotMatch(await verify(), /VERIFY_SUPERVISOR_DEAD/);
    process.kill(pid, 'SIGKILL');
    await until('verify tells of it', async () => (await verify()).includes('VERIFY_SUPERVISOR_DEAD'), { everyMs: 200 });
    await cluster.up('--supervised');
    await until('it is well again', async () => !(await verify()).includes('VERIFY_SUPERVISOR_DEAD'), { everyMs: 200 });
  });

  await t.test('a second up changes nothing, and after down nothing comes back', async () => {
    const before = await Promise.all(['supervisor', 'master'].map(pidOf));
    await cluster.up('--supervised');
    assert.deepEqual(await Promise.all(['supervisor', 'master'].map(pidOf)), before);
    await cluster.down();
    assert.deepEqual(await Promise.all(['supervisor', 'master', 'agent-node1'].map(pidOf)), [undefined, undefined, undefined]);
  });
});
