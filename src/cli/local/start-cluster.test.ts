import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort } from '../../../test/support/free-port.ts';
import { until } from '../../../test/support/until.ts';
import { run } from '../../base/index.ts';
import { readSameProcess } from '../../host/index.ts';
import { readContexts } from '../connect/contexts.ts';
import { runInProcess } from '../testing/run-in-process.ts';
import { findDaemon, listDaemons } from './daemon-process.ts';
import { readDescription } from './local-cluster.ts';
import { listNamespaces } from './local-network.ts';
import { localPaths } from './local-paths.ts';
import type { LocalSummary } from './local-summary.ts';

const name = `upt${process.pid}`;
const notRoot = process.getuid?.() === 0 ? false : 'only root may run "gantry up"';
let home: string;
let port: number;

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'gantry-up-'));
  // The master, which is not root, must be able to pass.
  await chmod(home, 0o755);
  port = await freePort();
});
after(async () => {
  if (!notRoot) await gantry('down', '--name', name, '--purge', '--yes');
  await rm(home, { recursive: true });
});

const gantry = (...args: string[]) => runInProcess(args, { HOME: home, GANTRY_HOME: home });
const paths = () => localPaths(name, home);
const titles = (text: string) => [...text.matchAll(/^ {2}(\S) (.*?) {2}\d+\.\d s$/gm)].map(([, mark, title]) => `${mark} ${title}`);
const up = async (...args: string[]) => {
  const { code, stdout, stderr } = await gantry('up', '--name', name, '--no-packages', '--no-supervisor', '--output', 'json', ...args);
  assert.equal(code, 0, stderr);
  return { summary: JSON.parse(stdout) as LocalSummary, steps: titles(stderr), stderr };
};

/** Addresses of a device inside of a node. */
async function addressesOf(namespace: string, device: string): Promise<string[]> {
  const { stdout } = await run('nsenter', [`--net=/run/netns/${namespace}`, '--', 'ip', '-json', '-4', 'address', 'show', device]);
  const [found] = JSON.parse(stdout) as { operstate: string; addr_info: { local: string; prefixlen: number }[] }[];
  return (found?.addr_info ?? []).map(({ local, prefixlen }) => `${local}/${prefixlen}`);
}

/** Daemons that were told to end and still live, while the master believes that all is well. */
async function restartsTheDying(): Promise<void> {
  const { runDir } = paths();
  for (const daemon of ['agent-node2', 'master']) {
    const before = await findDaemon(runDir, daemon);
    assert.ok(before);
    // So it cannot end before "up" has found it.
    process.kill(before.pid, 'SIGSTOP');
    await until('it has stopped', async () => (await readSameProcess(before))?.state === 'T');
    process.kill(before.pid, 'SIGTERM');
    const again = up();
    const goesOn = setTimeout(() => process.kill(before.pid, 'SIGCONT'), 2500);
    const { summary } = await again.finally(() => clearTimeout(goesOn));
    const now = await findDaemon(runDir, daemon);
    assert.notEqual(now?.pid, before.pid);
    assert.equal(daemon === 'master' ? summary.master.pid : summary.nodes[1]?.pid, now?.pid);
  }
}

test('a cluster comes up whole, is mended, stopped and removed', { skip: notRoot }, async () => {
  const first = await up('--nodes', '2', '--port', String(port));
  assert.match(first.stderr, new RegExp(`^Starting cluster "${name}" with 2 nodes:\n`));
  assert.deepEqual(
    first.steps.filter((title) => !title.includes('tiny OS')),
    [
      '✓ network: 2 nodes, each in its own namespace',
      '✓ cluster init',
      '✓ agent of node1',
      '✓ master',
      '✓ master answers',
      '✓ node2 join',
      '✓ agent of node2',
      '✓ all nodes answer',
      '✓ monitors of 2 nodes',
      '✓ network lan for instances',
    ],
  );
  const { summary } = first;
  const pids = [summary.master.pid, ...summary.nodes.flatMap(({ pid, monitor_pid }) => [pid, monitor_pid])];
  assert.equal(new Set(pids).size, 5);
  for (const pid of pids) assert.ok(pid !== null && existsSync(`/proc/${pid}`));
  for (const node of summary.nodes) {
    assert.deepEqual(await addressesOf(node.namespace, 'eth0'), [`${node.address}/24`]);
    assert.deepEqual(await addressesOf(node.namespace, 'br0'), [node.bridge_address]);
    assert.equal((await stat(node.state_dir)).mode & 0o777, 0o711);
  }
  assert.equal((await stat(join(paths().stateDir, 'shared-file-storage'))).mode & 0o777, 0o711);
  assert.deepEqual(readContexts({ HOME: home }), {
    current: name,
    clusters: { [name]: { rapi_url: `https://127.0.0.1:${port}`, ca_file: paths().ca, credentials_file: paths().credentials } },
  });
  assert.equal((await readDescription(paths(), name))?.phase, 'made');
  const nodes = await gantry('node', 'list', '-o', 'name,role,pip', '--no-headers', '--separator', ' ');
  assert.equal(nodes.stdout, `node1 master ${summary.nodes[0]?.address}\nnode2 candidate ${summary.nodes[1]?.address}\n`);
  const networks = await gantry('network', 'list', '-o', 'name,network,group_list', '--no-headers', '--separator', ' ');
  assert.equal(networks.stdout, `lan ${summary.nodes[0]?.bridge_address.replace(/1\/24$/, '0/24')} default (bridged, br0)\n`);

  const agent = await findDaemon(paths().runDir, 'agent-node2');
  process.kill(agent?.pid ?? 0, 'SIGKILL');
  await until('the agent is gone', async () => !(await findDaemon(paths().runDir, 'agent-node2')));
  const mended = await up();
  assert.match(mended.stderr, new RegExp(`^Cluster "${name}":\n`));
  const mending = mended.steps.filter((title) => !title.includes('ending or starting'));
  assert.deepEqual(mending, ['✓ agent of node2', '✓ master answers', '✓ all nodes answer']);
  assert.notEqual(mended.summary.nodes[1]?.pid, agent?.pid);
  assert.equal(mended.summary.master.pid, summary.master.pid);

  await restartsTheDying();
  const lastOnes = await Promise.all((await listDaemons(paths().runDir)).map((daemon) => findDaemon(paths().runDir, daemon)));

  const down = await gantry('down', '--name', name);
  assert.equal(down.stdout, `Cluster "${name}" is stopped; its data stays. "gantry up --name ${name}" starts it again.\n`);
  assert.deepEqual([await listNamespaces(paths()), await listDaemons(paths().runDir), existsSync(paths().runDir)], [[], [], false]);
  for (const pid of [...pids, ...lastOnes.map((identity) => identity?.pid)]) assert.equal(existsSync(`/proc/${pid}`), false);

  const purged = await gantry('down', '--name', name, '--purge', '--yes');
  assert.equal(purged.stdout, `Cluster "${name}" is removed with its data.\n`);
  assert.deepEqual([await listNamespaces(paths()), existsSync(paths().stateDir)], [[], false]);
  assert.deepEqual(readContexts({ HOME: home }).clusters, {});
});
