import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { readContexts, writeContext } from '../connect/contexts.ts';
import { type FakeCluster, startFakeCluster } from '../testing/fake-cluster.ts';
import { runInProcess } from '../testing/run-in-process.ts';
import { type LocalDescription, readDescription, runDescription, writeDescription } from './local-cluster.ts';
import { localPaths } from './local-paths.ts';

const name = `cmd${process.pid}`;
const notRoot = process.getuid?.() === 0 ? false : 'only root may run "gantry up" and "gantry down"';
let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gantry-commands-'));
});
afterEach(async () => {
  await rm(home, { recursive: true, force: true });
  await rm(localPaths(name, home).runDir, { recursive: true, force: true });
});

const env = () => ({ HOME: home, GANTRY_HOME: home });
const gantry = (...args: string[]) => runInProcess(args, env());
const paths = () => localPaths(name, home);
const describe = async (more: Partial<LocalDescription> = {}) => {
  await mkdir(paths().stateDir, { recursive: true });
  await writeDescription(paths(), { version: 1, name, nodes: 2, port: 1, slot: 7, phase: 'made', ...more });
};

/** The state of a cluster whose REST API is the one of `cluster`. */
async function describeAs(cluster: FakeCluster): Promise<void> {
  await describe({ port: Number(new URL(cluster.url).port) });
  await copyFile(cluster.caFile, paths().ca);
  await copyFile(cluster.credentialsFile, paths().credentials);
}

test('what cannot be is refused with its option', { skip: notRoot }, async () => {
  for (const [args, problem] of [
    [['up', '--nodes', '0'], /LOCAL_OPTION_INVALID.*--nodes.*from 1 to 32/],
    [['up', '--nodes', '33'], /LOCAL_OPTION_INVALID.*--nodes.*from 1 to 32/],
    [['up', '--port', '0'], /LOCAL_OPTION_INVALID.*--port.*from 1 to 65535/],
    [['up', '--port', '65536'], /LOCAL_OPTION_INVALID.*--port.*from 1 to 65535/],
    [['up', '--name', 'A'], /LOCAL_NAME_INVALID/],
    [['up', '--output', 'xml'], /CLI_USAGE: --output is one of table, json, not "xml"\./],
    [['up', '--nonsense'], /CLI_USAGE: Unknown option '--nonsense'/],
    [['up', 'word'], /CLI_USAGE: Unexpected argument 'word'/],
    [['down', '--name', ''], /LOCAL_NAME_INVALID/],
    [['down', '--output', 'xml'], /CLI_USAGE: --output is one of table, json, not "xml"\./],
    [['down', 'word'], /CLI_USAGE: Unexpected argument 'word'/],
  ] as const) {
    const { code, stderr } = await gantry(...args);
    assert.deepEqual([code, problem.test(stderr)], [2, true], `${args.join(' ')}: ${stderr}`);
  }
});

test('a cluster keeps its number of nodes and its port', { skip: notRoot }, async () => {
  await describe();
  for (const [option, value, found] of [
    ['--nodes', '3', 2],
    ['--port', '5', 1],
  ] as const) {
    const { code, stderr } = await gantry('up', '--name', name, '--no-packages', option, value);
    assert.equal(code, 5, stderr);
    assert.match(stderr, new RegExp(`LOCAL_CLUSTER_DIFFERS.*${option}.*${found}`));
  }
  assert.equal((await readDescription(paths(), name))?.nodes, 2);
});

test('a port that is taken is told before anything is made', { skip: notRoot }, async () => {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  try {
    const { code, stderr } = await gantry('up', '--name', name, '--no-packages', '--port', String(port));
    assert.equal(code, 5, stderr);
    assert.match(stderr, new RegExp(`LOCAL_PORT_TAKEN.*${port}.* by .*process ${process.pid}`));
    assert.equal(existsSync(paths().stateDir), false);
    // What an interrupted start left is removed first.
    await describe({ phase: 'making', port });
    const again = await gantry('up', '--name', name, '--no-packages', '--port', String(port));
    assert.match(
      again.stderr,
      new RegExp(`^A start of cluster "${name}" was interrupted; removing what it left\\.\\nError LOCAL_PORT_TAKEN`),
    );
    assert.equal(existsSync(paths().stateDir), false);
  } finally {
    server.close();
  }
});

test('a cluster that runs with its state elsewhere is left alone', { skip: notRoot }, async () => {
  await mkdir(paths().runDir, { recursive: true });
  await writeFile(runDescription(paths().runDir), JSON.stringify({ slot: 3, stateDir: '/elsewhere' }));
  for (const command of [['up', '--no-packages'], ['down'], ['down', '--purge'], ['down', '--purge', '--yes']]) {
    const { code, stderr } = await gantry(...command, '--name', name);
    assert.equal(code, 5, stderr);
    assert.match(stderr, /LOCAL_CLUSTER_DIFFERS.*\/elsewhere/);
  }
  assert.equal(existsSync(runDescription(paths().runDir)), true);
});

test('what is down already is told so, as a sentence and as data', { skip: notRoot }, async () => {
  const down = async (...args: string[]) => (await gantry('down', '--name', name, ...args)).stdout;
  const nothing = `There is no cluster "${name}" on this host: it was not running, and there is no data to remove.\n`;
  assert.equal(await down(), nothing);
  assert.equal(await down('--purge'), nothing);
  assert.deepEqual(JSON.parse(await down('--output', 'json')), { name, was_running: false, had_data: false, purged: false });
  await describe();
  assert.equal(await down(), `Cluster "${name}" was not running.\n`);
  assert.deepEqual(JSON.parse(await down('--output', 'json')), { name, was_running: false, had_data: true, purged: false });
  await writeContext('other', { rapi_url: 'https://a' }, env());
  await writeContext(name, { rapi_url: 'https://b' }, env());
  assert.equal(await down('--purge', '--yes'), `Cluster "${name}" is removed with its data.\n`);
  assert.equal(existsSync(paths().stateDir), false);
  assert.deepEqual(readContexts(env()), { current: 'other', clusters: { other: { rapi_url: 'https://a' } } });
  await describe();
  assert.deepEqual(JSON.parse(await down('--purge', '-f', '--output', 'json')), { name, was_running: false, had_data: true, purged: true });
});

test('run-time files without a process are cleared, the data stays', { skip: notRoot }, async () => {
  await describe();
  await mkdir(paths().runDir, { recursive: true });
  await writeFile(join(paths().runDir, 'master.process'), JSON.stringify({ pid: 2 ** 22 + 1, startTicks: 1, bootId: 'x' }));
  const { code, stdout, stderr } = await gantry('down', '--name', name);
  assert.deepEqual([code, stdout], [0, `Cluster "${name}" is stopped; its data stays. "gantry up --name ${name}" starts it again.\n`]);
  assert.match(stderr, /✓ stop master, agents, instances and network {2}\d+\.\d s\n$/);
  assert.equal(existsSync(paths().runDir), false);
  assert.equal((await readDescription(paths(), name))?.phase, 'made');
});

test('the question before a purge names what goes', { skip: notRoot }, async () => {
  const question = async () => /Remove cluster .*\?/.exec((await gantry('down', '--name', name, '--purge')).stderr)?.[0];
  await describe();
  const rest = `its configuration and certificates (all of ${paths().stateDir})?`;
  assert.equal(await question(), `Remove cluster "${name}" for good: 2 nodes, its instances with their disks, ${rest}`);
  await writeFile(paths().description, '{');
  assert.equal(await question(), `Remove cluster "${name}" for good: its nodes, its instances with their disks, ${rest}`);
  const instances = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `web${index + 1}` }));
  for (const [count, text] of [
    [0, 'no instances'],
    [1, '1 instance with all disks (web1)'],
    [10, '10 instances with all disks (web1, web2, web3, web4, web5, web6, web7, web8, web9, web10)'],
    [12, '12 instances with all disks (web1, web2, web3, web4, web5, web6, web7, web8, web9, web10, and 2 more)'],
  ] as const) {
    const cluster = await startFakeCluster({ instances: instances(count) });
    try {
      await describeAs(cluster);
      assert.equal(await question(), `Remove cluster "${name}" for good: 2 nodes, ${text}, ${rest}`);
    } finally {
      await cluster.close();
    }
  }
  assert.ok(await readFile(paths().description));
});
