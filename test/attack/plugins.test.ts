import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createPluginFolder, type PluginFolderForTests } from '../../src/monitor/testing/plugin-folder.ts';

// What a plugin's program may not do, tried by one that tries it. It runs as the agent runs it; as root it is another user.
const skip = process.getuid?.() !== 0 && 'only root can give up its privileges';
const main = join(import.meta.dirname, '../../src/cli/main.ts');
const program = readFileSync(join(import.meta.dirname, 'testdata/hostile-plugin.py'), 'utf8');

interface Outcome {
  readonly attempts: Readonly<Record<string, string>>;
  readonly left: readonly string[];
  readonly descriptors: Readonly<Record<string, string>>;
  readonly seccomp: string;
  readonly devices: readonly string[];
}

/** Places of the host that all may write to, with a file of somebody else in each. */
function sharedPlaces(folder: PluginFolderForTests) {
  const nonce = randomBytes(8).toString('hex');
  const places = { MARKER_TMP: '/tmp', MARKER_VAR: '/var/tmp', MARKER_SHM: '/dev/shm' };
  const markers = Object.entries(places).map(([word, place]) => [word, join(place, `gantry-plugin-marker-${nonce}`)] as const);
  for (const [, path] of markers) writeFileSync(path, 'private to no one', { mode: 0o644 });
  const open = join(folder.root, 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  const words: (readonly [string, string])[] = [...markers, ['OPEN_FOLDER', open], ['NONCE', nonce]];
  const filled = words.reduce((text, [word, value]) => text.replaceAll(word, value), program);
  const leftPaths = ['/tmp', '/var/tmp', '/dev/shm', '/run/lock'].map((place) => `${place}/gantry-plugin-left-${nonce}`);
  return {
    program: filled,
    leftPaths,
    [Symbol.dispose]: () => {
      for (const path of [...markers.map(([, one]) => one), ...leftPaths]) rmSync(path, { force: true });
    },
  };
}

function install(folder: PluginFolderForTests, text: string, manifest = ''): void {
  folder.write('hostile', text);
  chmodSync(join(folder.directory, 'hostile'), 0o755);
  folder.write('hostile.yaml', `timeout: 60\n${manifest}`);
}

describe('a hostile plugin', { skip }, () => {
  test('does nothing of what it tries', async () => {
    using folder = createPluginFolder();
    using shared = sharedPlaces(folder);
    install(folder, shared.program);
    await using agent = await folder.start();
    const report = await agent.until('/2/report/default/hostile', ({ data, trouble }) => 'attempts' in data || trouble !== undefined);
    assert.equal(report.trouble?.problem, undefined);
    const { attempts, seccomp, devices } = report.data as unknown as Outcome;
    const done = Object.entries(attempts).filter(([, outcome]) => outcome === 'done');
    assert.deepEqual(done, []);
    assert.equal(seccomp, '2', 'system calls are filtered');
    assert.ok(!devices.some((name) => /^(kvm|vsock|vhost|fuse|loop|sd|vd|nvme|kmsg|net)/.test(name)), devices.join(' '));
    assert.deepEqual(shared.leftPaths.filter(existsSync), [], 'nothing of it is in the folders of the host');
    assert.ok(!existsSync(join(folder.root, 'open/left')));
  });

  test('that may write files does so in temporary folders of its own, and nothing else is opened for it', async () => {
    using folder = createPluginFolder(tmpdir());
    using shared = sharedPlaces(folder);
    install(folder, shared.program, 'limits: {file_size: 1}\n');
    await using agent = await folder.start();
    const { data } = await agent.until('/2/report/default/hostile', (report) => 'attempts' in report.data);
    const { attempts, left } = data as unknown as Outcome;
    assert.ok(left.length >= 3, 'it has written into its own');
    assert.deepEqual(shared.leftPaths.filter(existsSync), []);
    assert.deepEqual(
      Object.entries(attempts).filter(([, outcome]) => outcome === 'done'),
      [],
    );
  });

  test('inherits no descriptor that the agent was started with', () => {
    using folder = createPluginFolder();
    using shared = sharedPlaces(folder);
    install(folder, shared.program);
    const secret = join(folder.root, 'secret');
    writeFileSync(secret, 'secret', { mode: 0o600 });
    const descriptor = openSync(secret, 'r');
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [main, 'monitor', 'plugin', 'check', join(folder.directory, 'hostile'), '--plugin-settings', folder.settings, '--output', 'json'],
      // Node itself marks the first sixteen, and those that follow without a gap.
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe', ...new Array<'ignore'>(37).fill('ignore'), descriptor] },
    );
    closeSync(descriptor);
    assert.match(stdout, /"descriptors"/, stderr);
    const { plugins } = JSON.parse(stdout) as { plugins: { data: Outcome }[] };
    assert.deepEqual(plugins[0]?.data.descriptors, {});
  });
});

test('what is granted is there: devices of the host, and the calls that a capability is for', { skip }, async () => {
  using folder = createPluginFolder();
  const manifest = 'needs: {devices: true, network: true, capabilities: [sys_ptrace]}\n';
  using shared = sharedPlaces(folder);
  install(folder, shared.program, manifest);
  writeFileSync(folder.settings, 'grants: {hostile: {devices: true, network: true, capabilities: [sys_ptrace]}}\n');
  await using agent = await folder.start();
  const { data } = await agent.until('/2/report/default/hostile', (report) => 'attempts' in report.data);
  const { attempts, devices } = data as unknown as Outcome;
  const own = new Set(readdirSync('/dev'));
  assert.deepEqual(devices, [...own].sort());
  const done = Object.entries(attempts).flatMap(([name, outcome]) => (outcome === 'done' ? name : []));
  assert.deepEqual(done, ['ptrace']);
});
