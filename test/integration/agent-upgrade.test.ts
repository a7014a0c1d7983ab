import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { findDaemon, stopDaemon } from '../../src/cli/local/daemon-process.ts';
import { localPaths } from '../../src/cli/local/local-paths.ts';
import { until } from '../support/until.ts';
import { assertVerified, guestProcesses } from './cluster-traces.ts';
import { startLocalCluster } from './local-cluster.ts';

/** MiB per second: sending the memory takes long enough to do something meanwhile. */
const slow = 2;
const shape = ['--os', 'tiny', '--disk-template', 'diskless', '--no-install', '--memory', '128M'];

let cluster: Awaited<ReturnType<typeof startLocalCluster>>;
before(async () => {
  cluster = await startLocalCluster('--nodes', '2');
});
after(() => cluster.dispose());

const gantry = (...args: string[]) => cluster.succeed(...args);

const runDir = () => localPaths(cluster.name, cluster.home).runDir;
const guests = async () => (await guestProcesses(cluster.summary.uid_base)).map(({ name }) => name);

async function field(name: string, wanted: string): Promise<unknown> {
  const [row] = JSON.parse(await gantry('instance', 'info', name, '--output', 'json')) as Record<string, unknown>[];
  return row?.[wanted];
}

/** Both ends have a QEMU, and memory flows. */
async function beginMigration(name: string, to: string) {
  const migration = cluster.gantry(['instance', 'migrate', '--yes', '-n', to, name]);
  let ended = false;
  migration.then(
    () => (ended = true),
    () => (ended = true),
  );
  await until('memory is being sent', async () => {
    assert.ok(!ended, 'the migration ended before anything could happen');
    return (await gantry('job', 'list', '--output', 'json', '-o', 'id,status,summary')).includes('running') && (await guests()).length >= 2;
  });
  // Some of it has been sent.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  assert.ok(!ended, 'the migration ended before anything could happen');
  // In an object: the caller does not want to wait for it yet.
  return { migration, ended: () => ended };
}

for (const side of ['source', 'target'] as const) {
  test(`a migration goes on while the agent of its ${side} is upgraded`, async () => {
    const name = `moving-${side}`;
    await gantry('instance', 'add', name, ...shape, '-n', 'node1', '-H', `migration_bandwidth=${slow}`);
    const { migration, ended } = await beginMigration(name, 'node2');
    const daemon = side === 'source' ? 'agent-node1' : 'agent-node2';
    const before = await findDaemon(runDir(), daemon);
    const began = performance.now();
    await stopDaemon(runDir(), daemon);
    assert.ok(performance.now() - began < 5000, 'an agent with a running step ends soon');
    assert.ok(!ended(), 'the agent was away while memory flowed');
    await cluster.up();
    const { code, stdout, stderr } = await migration;
    assert.equal(code, 0, stderr + stdout);
    assert.notDeepEqual(await findDaemon(runDir(), daemon), before);
    assert.deepEqual([await field(name, 'pnode'), await field(name, 'status')], ['node2', 'running']);
    assert.deepEqual(await guests(), [name], 'only one of the two is left');
    await gantry('instance', 'remove', name, '--yes', '--shutdown-timeout', '0');
    await assertVerified(cluster);
  });
}

test('an agent that stays away ends the migration; the instance runs on, in one place, and can be migrated later', async () => {
  // Sending takes about twice as long as the master waits for the agent: otherwise the instance would have arrived.
  await gantry('instance', 'add', 'stays', ...shape, '-n', 'node1', '-H', `migration_bandwidth=${slow / 2}`);
  const { migration, ended } = await beginMigration('stays', 'node2');
  await stopDaemon(runDir(), 'agent-node1');
  assert.ok(!ended());
  const { code, stderr } = await migration;
  assert.equal(code, 1, stderr);
  await cluster.up();
  await until('there is one of it', async () => (await guests()).length === 1, { seconds: 60 });
  await until('it is known to run', async () => (await field('stays', 'status')) === 'running', { seconds: 60 });
  await gantry('instance', 'remove', 'stays', '--yes', '--shutdown-timeout', '0');
  await assertVerified(cluster);
});
