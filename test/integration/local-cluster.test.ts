import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../src/base/index.ts';
import type { LocalSummary } from '../../src/cli/local/local-summary.ts';
import { identifyProcess } from '../../src/host/processes/process-identity.ts';
import { until } from '../support/until.ts';
import { assertNothingLeft, type LocalSandbox, localSandbox } from './local-cluster.ts';

/** Runs a test in a sandbox that is gone afterwards without a trace. */
async function inSandbox(body: (sandbox: LocalSandbox) => Promise<void>): Promise<void> {
  const sandbox = await localSandbox();
  try {
    await body(sandbox);
  } finally {
    await sandbox.dispose();
  }
}

test('a cluster is started, found again, mended, stopped with its data kept, and removed', () =>
  inSandbox(async (sandbox) => {
    const first = await sandbox.up();
    assert.equal(first.rapi_url, `https://127.0.0.1:${sandbox.port}`);
    assert.deepEqual(
      first.nodes.map(({ name, namespace }) => [name, namespace]),
      ['node1', 'node2', 'node3'].map((node) => [node, `gantry-${sandbox.name}-${node}`]),
    );
    assert.equal((await stat(first.credentials_file)).mode & 0o777, 0o600);
    const client = await sandbox.client();
    const { uuid } = await client.info();
    assert.deepEqual(await client.names('nodes'), ['node1', 'node2', 'node3']);
    client.close();

    const modified = await sandbox.gantry(['cluster', 'modify', '--enabled-data-collectors', 'lv=no']);
    assert.equal(modified.code, 0, modified.stderr);
    // From the configuration by way of the master, the node agent and its file.
    for (const node of first.nodes) await until('lv is switched off', async () => !(await collectorsOf(node)).includes('lv'));

    const again = await sandbox.up();
    assert.deepEqual(again, first, 'nothing was started anew');

    process.kill(first.master.pid ?? 0, 'SIGKILL');
    const mended = await sandbox.up();
    assert.notEqual(mended.master.pid, first.master.pid);
    assert.deepEqual(mended.nodes, first.nodes, 'the agents go on');

    const added = await sandbox.gantry(['instance', 'add', 'web1', '--os', 'tiny', '--disk', '64M', '--memory', '128M']);
    assert.equal(added.code, 0, added.stderr);
    await balanceByMonitors(sandbox, mended);
    await sandbox.down();
    for (const { pid, monitor_pid } of mended.nodes) {
      assert.equal(await identifyProcess(pid ?? 0), undefined);
      assert.equal(await identifyProcess(monitor_pid ?? 0), undefined);
    }
    assert.equal((await sandbox.gantry(['instance', 'list'])).code, 4, 'the cluster cannot be reached');

    await sandbox.up();
    const after = await sandbox.client();
    assert.equal((await after.info())['uuid'], uuid);
    assert.equal((await after.one('instances', 'web1'))['oper_state'], true, 'what ran runs again');
    after.close();

    const purged = await sandbox.down('--purge', '--yes');
    assert.match(purged.stdout, /is removed with its data/);
    await assertNothingLeft(sandbox.name, sandbox.home, first.uid_base);
    assert.match((await sandbox.down('--purge', '--yes')).stdout, /was not running/);
  }));

/** As docs/htools.md shows it: from inside of the cluster's network the nodes' monitoring agents are asked. */
async function balanceByMonitors(sandbox: LocalSandbox, { ca_file, credentials_file, nodes }: LocalSummary): Promise<void> {
  const { namespace = '', address, state_dir = '' } = nodes[0] ?? {};
  const source = ['-m', `https://${address}:5080`, '--rapi-ca', ca_file, '--rapi-credentials', credentials_file];
  const through = ['ip', 'netns', 'exec', namespace];
  const asked = await sandbox.gantry(['hbal', ...source, '--mond=yes', '--mond-certificates', join(state_dir, 'node')], { through });
  assert.equal(asked.code, 0, asked.stderr);
  assert.match(asked.stdout, /Loaded 3 nodes, 1 instances/);
  assert.doesNotMatch(asked.stderr, /The monitor of node|secret/);
  const blind = await sandbox.gantry(['hbal', ...source, '--mond=yes'], { through });
  for (const { name } of nodes)
    assert.match(blind.stderr, new RegExp(`The monitor of node ${name} .*specify --mond-certificates or --mond-ca`));
}

/** Asks a URL, from inside of the namespace in which it runs. */
const askScript = `
  const { readFileSync } = require('node:fs');
  const [url, ca, cert, key] = process.argv.slice(1);
  const identity = { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) };
  require('node:https').get(url, identity, (answer) => answer.pipe(process.stdout)).on('error', () => process.exit(7));
`;

/** What the monitoring agent of a node shows to another holder of a certificate of the cluster, once it serves. */
async function collectorsOf(node: LocalSummary['nodes'][number]): Promise<string[]> {
  const { namespace, monitor_url, state_dir } = node;
  const files = ['ca.crt', 'node.crt', 'node.key'].map((name) => join(state_dir, 'node', name));
  const line = [`--net=/run/netns/${namespace}`, process.execPath, '-e', askScript, `${monitor_url}/1/list/collectors`, ...files];
  const { code, stdout } = await run('nsenter', line, { okCodes: [0, 7] });
  if (code === 7) return collectorsOf(node);
  const names = (JSON.parse(stdout) as [string][]).map(([name]) => name);
  assert.ok(names.includes('drbd'));
  return names;
}

test('outside of its namespaces a cluster has nothing but one port on the loopback', () =>
  inSandbox(async (sandbox) => {
    const links = async () => (JSON.parse((await run('ip', ['-json', 'link'])).stdout) as { ifname: string }[]).map(({ ifname }) => ifname);
    const { nodes } = await sandbox.up('--nodes', '1');
    for (const name of await links()) assert.doesNotMatch(name, /^(br0|eth1|mgmt|inst|[mi]\d+)$/);
    const { stdout } = await run('ss', ['-H', '-ltnp']);
    const listeners = stdout.split('\n').filter((line) => line.includes(`:${sandbox.port} `));
    assert.equal(listeners.length, 1);
    assert.match(listeners[0] ?? '', new RegExp(` 127\\.0\\.0\\.1:${sandbox.port} `));
    assert.equal(nodes.length, 1);
  }));

test('two starts at once end with one cluster', () =>
  inSandbox(async (sandbox) => {
    const [one, other] = await Promise.all([sandbox.up('--nodes', '1'), sandbox.up('--nodes', '1')]);
    assert.deepEqual(one, other);
  }));

test('a start that was killed is cleared away by the next one, and by a purge', () =>
  inSandbox(async (sandbox) => {
    const args = ['up', '--nodes', '1', '--name', sandbox.name, '--port', String(sandbox.port)];
    for (const killAfterMs of [1200, 2500, 5000]) {
      await sandbox.gantry(args, { killAfterMs });
    }
    await sandbox.up('--nodes', '1');
    await sandbox.down('--purge', '--yes');
    await sandbox.gantry(args, { killAfterMs: 3500 });
  }));

test('a port that is taken is told with its holder, before anything is made', () =>
  inSandbox(async (sandbox) => {
    const server = createServer().listen(sandbox.port, '127.0.0.1');
    await once(server, 'listening');
    const { code, stderr } = await sandbox.gantry(['up', '--name', sandbox.name, '--port', String(sandbox.port)]);
    server.close();
    assert.equal(code, 5);
    assert.match(stderr, new RegExp(`LOCAL_PORT_TAKEN: .*${sandbox.port} .* is taken by .*\\(process ${process.pid}\\)`));
    await assertNothingLeft(sandbox.name, sandbox.home);
  }));

test('a start that fails half-way shows the log and takes everything back', () =>
  inSandbox(async (sandbox) => {
    // The master is not root and cannot pass through a closed folder.
    const closed = `${sandbox.home}/closed`;
    await mkdir(closed, { mode: 0o700 });
    await chmod(closed, 0o700);
    const env = { GANTRY_HOME: closed };
    const { code, stderr } = await sandbox.gantry(['up', '--nodes', '1', '--name', sandbox.name, '--port', String(sandbox.port)], { env });
    assert.equal(code, 1, stderr);
    assert.match(stderr, /LOCAL_STEP_FAILED: .*master ended/);
    assert.match(stderr, /EACCES/);
    await assertNothingLeft(sandbox.name, closed);
  }));

test('without root, without QEMU and with options that do not fit nothing is made', () =>
  inSandbox(async (sandbox) => {
    const up = ['up', '--name', sandbox.name, '--port', String(sandbox.port)];
    const qemu = process.arch === 'arm64' ? 'qemu-system-aarch64' : 'qemu-system-x86_64';
    const cases: [string, readonly string[], readonly string[]][] = [
      ['LOCAL_NOT_ROOT', up, ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']],
      [
        'LOCAL_QEMU_MISSING',
        [...up, '--no-packages'],
        ['unshare', '--mount', 'sh', '-c', `mount --bind /dev/null /usr/bin/${qemu} && exec "$@"`, 'sh'],
      ],
      ['LOCAL_OPTION_INVALID', [...up, '--nodes', '0'], []],
      ['LOCAL_OPTION_INVALID', [...up, '--port', '65536'], []],
      ['LOCAL_NAME_INVALID', ['up', '--name', '../x'], []],
      ['CLI_USAGE', [...up, '--colour'], []],
    ];
    for (const [error, args, through] of cases) {
      const { code, stderr } = await sandbox.gantry(args, { through });
      assert.notEqual(code, 0);
      assert.match(stderr, new RegExp(`Error ${error}: `), stderr);
    }
    await assertNothingLeft(sandbox.name, sandbox.home);
  }));

test('a cluster keeps the shape that it was made with', () =>
  inSandbox(async (sandbox) => {
    await sandbox.up('--nodes', '1');
    const { code, stderr } = await sandbox.gantry(['up', '--name', sandbox.name, '--nodes', '2']);
    assert.equal(code, 5);
    assert.match(stderr, /LOCAL_CLUSTER_DIFFERS: .*--nodes 1; 2 was asked for/);
    const elsewhere = await sandbox.gantry(['down', '--name', sandbox.name, '--purge', '--yes'], {
      env: { GANTRY_HOME: `${sandbox.home}/other` },
    });
    assert.match(elsewhere.stderr, /LOCAL_CLUSTER_DIFFERS: .*its state in/);
  }));
