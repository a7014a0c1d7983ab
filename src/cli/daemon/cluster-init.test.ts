import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { freePort } from '../../../test/support/free-port.ts';
import { isRoot } from '../../host/index.ts';
import { keys } from '../../model/index.ts';
import { openStore } from '../../store/index.ts';
import { makeClusterState } from '../host-setup/make-cluster-state.ts';
import { runInProcess } from '../testing/run-in-process.ts';
import { daemonOptions } from './daemon-options.ts';
import { hostCommand as masterCommand } from './master.ts';
import { hostCommand as monitorCommand } from './monitor.ts';
import { hostCommand as agentCommand } from './node.ts';

const skip = !isRoot() && 'only root sets up a host';

let dir: string;
let ports: string[];
const at = (...path: string[]) => join(dir, ...path);
const text = (...path: string[]) => readFileSync(at(...path), 'utf8');
const initArgs = (...more: string[]) => {
  const folders = ['--state-dir', at('state'), '--config-dir', at('etc'), '--file-storage-dir', at('files')];
  const [api = '', agent = '', monitor = ''] = ports;
  const chosen = ['--api-port', api, '--agent-port', agent, '--monitor-port', monitor, '--shared-file-storage-dir', at('shared')];
  const node = ['--node-name', 'n1', '--address', '127.0.0.1', '--user', 'root'];
  return ['cluster', 'init', 'prod', ...folders, ...chosen, ...node, ...more];
};
const init = (...more: string[]) => runInProcess(initArgs(...more), { HOME: dir });

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'gantry-init-'));
  ports = [await freePort(), await freePort(), await freePort()].map(String);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('it is finished although nobody reads what it prints any more', { skip }, async () => {
  const args = initArgs('--no-start');
  const main = join(import.meta.dirname, '../main.ts');
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    env: { ...process.env, HOME: dir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  child.stderr.destroy();
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  assert.ok(existsSync(at('etc', 'clusters.json')));
  assert.deepEqual(
    readdirSync(at('state')).filter((name) => /unfinished/.test(name)),
    [],
  );
  const { stderr } = await init('--no-start');
  assert.match(stderr, /CLUSTER_EXISTS/, 'nothing is left to finish');
});

test('a full disk is told before anything is written', { skip }, async () => {
  mkdirSync(at('state'));
  assert.equal(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at('state')]).status, 0);
  try {
    const { code, stderr } = await init('--no-start');
    assert.match(stderr, /HOST_DISK_FULL: There are \d+ MiB free in .*state; at least 64 MiB are needed/);
    assert.notEqual(code, 0);
    assert.deepEqual([readdirSync(at('state')), existsSync(at('etc'))], [[], false]);
  } finally {
    spawnSync('umount', [at('state')]);
  }
});

test('a dry run checks the host and changes nothing', { skip }, async () => {
  const { code, stdout } = await init('--dry-run');
  assert.equal(code, 0);
  assert.match(stdout, /first node of cluster prod:\n {2}node n1, address 127\.0\.0\.1\n[^]*Nothing was changed\.\n$/);
  assert.deepEqual(readdirSync(dir), []);
});

test('the files of the daemons, the password and the way to the cluster are there, for their readers alone', { skip }, async () => {
  const { code, stdout, stderr } = await init('--no-start');
  assert.equal(code, 0, stderr);
  assert.match(stdout, new RegExp(`gantry agent --options-file ${at('etc')}/agent\\.conf\n`));
  const modes = Object.fromEntries(readdirSync(at('etc')).map((name) => [name, (statSync(at('etc', name)).mode & 0o777).toString(8)]));
  const all = '644';
  assert.deepEqual(modes, {
    ...{ 'agent.conf': all, 'ca.crt': all, 'clusters.json': all, 'monitor.conf': all },
    ...{ credentials: '600', 'master.conf': '640' },
  });
  const [api, agent, monitor] = ports;
  const read = { master: masterCommand, agent: agentCommand, monitor: monitorCommand };
  const listens = Object.entries(read).map(([name, command]) => {
    const options = daemonOptions(command, ['--options-file', at('etc', `${name}.conf`)]) as { listen: string | string[] };
    return String(options.listen);
  });
  assert.deepEqual(listens, [`127.0.0.1:${api}`, `127.0.0.1:${agent}`, `127.0.0.1:${monitor}`]);
  const { current, clusters } = JSON.parse(text('etc', 'clusters.json')) as { current: string; clusters: object };
  assert.deepEqual([current, Object.keys(clusters)], ['prod', ['prod']]);
  const [, password = ''] = text('etc', 'credentials').trim().split(' ');
  assert.match(text('state', 'master', 'users'), new RegExp(`^admin ${password} write$`, 'm'));
  assert.ok(!stdout.includes(password), 'it is not shown: terminals and logs are read by others');
  assert.equal(text('etc', 'ca.crt'), text('state', 'master', 'ca.crt'));
  assert.equal((await init()).stderr.split(':')[0], 'Error CLUSTER_EXISTS');
});

test('a password may be given in a file', { skip }, async () => {
  writeFileSync(at('password'), 'correct-horse-battery\n');
  assert.equal((await init('--no-start', '--password-file', at('password'))).code, 0);
  assert.equal(text('etc', 'credentials'), 'admin correct-horse-battery\n');
  assert.match(text('state', 'master', 'users'), /^admin correct-horse-battery write$/m);
});

test('what prevents a cluster is reported before anything is changed', { skip }, async () => {
  const server = createServer().listen(Number(ports[1]), '127.0.0.1');
  writeFileSync(at('short'), 'secret');
  writeFileSync(at('file'), '');
  try {
    for (const [args, problem] of [
      [[], /HOST_PORT_TAKEN: The node agent cannot listen on 127\.0\.0\.1:\d+: EADDRINUSE[^]*--agent-port/],
      [['--agent-port', '70000'], /INPUT_INVALID.*--agent-port.*"70000" is not a TCP port/],
      [['--monitor-port', 'x'], /INPUT_INVALID.*--monitor-port/],
      [['--address', '192.0.2.77'], /HOST_ADDRESS_FOREIGN: The address 192\.0\.2\.77 .*127\.0\.0\.1/],
      [['--user', 'no-such-user'], /DAEMON_USER_UNKNOWN/],
      [['--password-file', at('short')], /INPUT_INVALID.*--password-file.*12 to 200/],
      [['--password-file', at('none')], /INPUT_INVALID.*--password-file.*ENOENT/],
      [['--file-storage-dir', at('file', 'disks')], /HOST_FOLDER_UNUSABLE: The folder .*disks cannot be written/],
      [['--config-dir', '/proc/gantry'], /HOST_(FOLDER_UNUSABLE|DISK_FULL)/],
    ] as const) {
      const { code, stderr } = await init(...args);
      assert.match(stderr, problem, args.join(' '));
      assert.notEqual(code, 0);
      assert.deepEqual(readdirSync(dir).toSorted(), ['file', 'short'], args.join(' '));
    }
  } finally {
    server.close();
  }
});

test('somebody else than root changes nothing', { skip }, async (t) => {
  t.mock.method(process as { getuid: () => number }, 'getuid', () => 1000);
  const { code, stderr } = await init();
  assert.match(stderr, /HOST_NOT_ROOT: "gantry cluster init" must run as root/);
  assert.equal(code, 5);
  assert.deepEqual(readdirSync(dir), []);
});

test('an interrupted run is finished by the same command, wherever it was interrupted', { skip }, async () => {
  // Outside the state directory: what was written there is not removed with it.
  const store = `sqlite:${at('store.db')}`;
  const unfinished = () => existsSync(at('state', 'init-unfinished.json'));
  mkdirSync(at('state'));
  writeFileSync(at('etc'), 'a file where a folder has to be');
  const early = await init('--no-start', '--store', store);
  assert.match(early.stderr, /HOST_FOLDER_UNUSABLE/);
  assert.equal(unfinished(), false);
  rmSync(at('etc'));

  const mark = { name: 'prod', uuids: ['u1', 'u2', 'u3'] };
  writeFileSync(at('state', 'init-unfinished.json'), JSON.stringify(mark));
  await makeClusterState(
    {
      ...{ stateDir: at('state'), store, clusterName: 'prod', nodeName: 'n1', address: '127.0.0.1', agentPort: 1, user: 'root' },
      ...{ apiAddresses: [], uuids: mark.uuids, fileStorageDir: at('files'), sharedFileStorageDir: at('shared'), macPrefix: 'aa:00:00' },
      ...{ enabledHypervisors: ['kvm'], osHvp: {}, portRange: [11000, 12000] },
    },
    undefined,
  );
  rmSync(at('state', 'master', 'ca.crt'));
  const torso = await init('--no-start', '--store', store);
  assert.equal(torso.code, 0, torso.stderr);
  assert.equal(unfinished(), false);
  const opened = await openStore(store);
  const { entries } = await opened.range(keys.node(''));
  await opened.close();
  const { certificate_fingerprint: registered, agent_port } = JSON.parse(entries[0]?.value ?? '{}') as Record<string, unknown>;
  assert.equal(entries.length, 1);
  assert.equal(String(agent_port), ports[1], 'the configuration is that of the second run');
  assert.ok(registered);

  // The state is complete, and the rest is not.
  writeFileSync(at('state', 'init-unfinished.json'), JSON.stringify(mark));
  rmSync(at('etc'), { recursive: true });
  const key = text('state', 'master', 'ca.key');
  const other = await runInProcess(['cluster', 'init', 'other', '--state-dir', at('state'), '--address', '127.0.0.1'], { HOME: dir });
  assert.match(other.stderr, /HOST_INIT_UNFINISHED: .*prod/);
  const rest = await init('--no-start', '--store', store);
  assert.equal(rest.code, 0, rest.stderr);
  assert.equal(text('state', 'master', 'ca.key'), key);
  assert.ok(existsSync(at('etc', 'clusters.json')));
  assert.equal(unfinished(), false);
});

test('a store that belongs to another cluster is left as it is, also by a run that was interrupted', { skip }, async () => {
  const store = `sqlite:${at('store.db')}`;
  assert.equal((await init('--no-start', '--store', store)).code, 0);
  rmSync(at('state'), { recursive: true });
  for (const round of [1, 2]) {
    assert.match((await init('--no-start', '--store', store)).stderr, /CLUSTER_EXISTS.*store\.db/, `run ${round}`);
  }
});
