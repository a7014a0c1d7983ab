import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { run, silentLog, systemClock } from '../../base/index.ts';
import { createLinuxNetwork } from '../network/linux-network.ts';
import { deviceOf } from '../network/prepared-nic.ts';
import { diskPathOf } from '../testing/disk-path-of.ts';
import { createOsAdapter } from './os-adapter.ts';
import { inFolder, installRequest, nic, recordingContext, withCode } from './os-test-helpers.ts';
import { buildTinyImage, builtinOsDir, tinyHvparams } from './tiny-image.ts';

/** A text dialogue over a unix socket. */
async function dialogue(path: string) {
  const socket = await until('the guest has its socket', () => {
    const attempt = connect(path);
    return new Promise<Socket | undefined>((resolve) =>
      attempt.once('connect', () => resolve(attempt)).once('error', () => resolve(undefined)),
    );
  });
  let seen = '';
  socket.setEncoding('utf8').on('data', (piece: string) => {
    seen += piece;
  });
  // The other side ends when the guest is off; the test looks at the process for that.
  socket.on('error', () => undefined);
  return {
    send: (text: string) => socket.write(text),
    close: () => socket.destroy(),
    /** Waits for a match after the last one and gives the text up to its end; gives up after 90 s. */
    expect: async (pattern: RegExp): Promise<string> => {
      for (let attempt = 0; attempt < 1800; attempt++) {
        const found = pattern.exec(seen);
        if (found) {
          const end = found.index + found[0].length;
          const text = seen.slice(0, end);
          seen = seen.slice(end);
          return text;
        }
        await systemClock.sleep(50);
      }
      throw new Error(`nothing matched ${pattern} in: ${seen}`);
    },
  };
}

describe('tiny image', () => {
  const namespace = `gantry-tiny-${process.pid}`;
  const commandPrefix = ['ip', 'netns', 'exec', namespace];
  const inNamespace = (...command: string[]) => run('ip', ['netns', 'exec', namespace, ...command]);
  let dir = '';
  before(async () => {
    await run('ip', ['netns', 'add', namespace]);
    await inNamespace('ip', 'link', 'add', 'br0', 'type', 'bridge');
    await inNamespace('ip', 'address', 'add', '10.9.0.1/24', 'dev', 'br0');
    await inNamespace('ip', 'link', 'set', 'br0', 'up');
    dir = await mkdtemp(join(tmpdir(), 'gantry-tiny-test-'));
    const target = join(dir, 'tiny');
    // Two at once: both succeed, one image is there.
    const results = await Promise.all([1, 2].map(() => buildTinyImage(target, { log: silentLog })));
    assert.equal(results[0]?.kernel, results[1]?.kernel);
    assert.deepEqual((await readdir(target)).sort(), ['initrd.gz', 'manifest.json', 'vmlinuz']);
    assert.deepEqual(await readdir(dir), ['tiny']);
  });
  after(async () => {
    await run('ip', ['netns', 'delete', namespace]);
    await rm(dir, { recursive: true, force: true });
  });

  it('is built once, and again when it is damaged or outdated', async () => {
    const target = join(dir, 'tiny');
    const { initrd_path } = tinyHvparams(target);
    const first = await stat(initrd_path);
    assert.equal((await buildTinyImage(target, { log: silentLog })).changed, false);
    assert.equal((await stat(initrd_path)).ino, first.ino);
    const content = await readFile(initrd_path);
    await truncate(initrd_path, 100);
    assert.equal((await buildTinyImage(target, { log: silentLog })).changed, true);
    assert.deepEqual(await readFile(initrd_path), content);
    const manifest = await readFile(join(target, 'manifest.json'), 'utf8');
    await writeFile(join(target, 'manifest.json'), manifest.replace(/"recipe":"\w+"/, '"recipe":"older"'));
    assert.equal((await buildTinyImage(target, { log: silentLog })).changed, true);
    assert.equal(await readFile(join(target, 'manifest.json'), 'utf8'), manifest);
    assert.deepEqual(await readdir(dir), ['tiny']);
  });

  it('leaves nothing behind when it is cancelled', () =>
    inFolder(async (other) => {
      const build = buildTinyImage(join(other, 'tiny'), { log: silentLog, signal: AbortSignal.abort() });
      await assert.rejects(build, withCode('CANCELLED'));
      assert.deepEqual(await readdir(other), []);
    }));

  it('boots to a login, runs commands, answers ping, and stops by the power button', () =>
    inFolder(async (work) => {
      const osparams = { address: '10.9.0.5/24', gateway: '10.9.0.1', root_password: 'open sesame' };
      const request = await installRequest(work, { os: 'tiny', nics: [nic()], osparams });
      const adapter = createOsAdapter({ searchPath: [builtinOsDir], logDir: join(work, 'log'), workDir: join(work, 'work') });
      await adapter.install(request, recordingContext());
      const made = await createLinuxNetwork({ commandPrefix }).prepare(request.instance, request.instance.nics[0] ?? nic(), 0, {
        kind: 'tap',
        ownerUid: 0,
      });
      const [tap, mac] = [deviceOf(made), made.mac];
      const params = tinyHvparams(join(dir, 'tiny'));
      const [serial, monitor] = [join(work, 'serial'), join(work, 'monitor')];
      const child = spawn(
        'ip',
        [
          ...['netns', 'exec', namespace, 'qemu-system-x86_64'],
          ...['-accel', 'tcg', '-machine', 'pc', '-m', '128', '-nodefaults', '-display', 'none'],
          ...['-serial', `unix:${serial},server=on,wait=off`, '-qmp', `unix:${monitor},server=on,wait=off`],
          ...['-kernel', params.kernel_path, '-initrd', params.initrd_path, '-append', params.kernel_args],
          ...['-drive', `file=${diskPathOf(request)},format=raw,if=virtio`],
          ...['-netdev', `tap,id=net0,ifname=${tap},script=no,downscript=no`, '-device', `virtio-net-pci,netdev=net0,mac=${mac}`],
        ],
        { stdio: 'ignore' },
      );
      const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
      try {
        const terminal = await dialogue(serial);
        await terminal.expect(/Tiny web1.*web1 login: /s);
        terminal.send('root\n');
        await terminal.expect(/Password: /);
        terminal.send('open sesame\n');
        await terminal.expect(/# /);
        terminal.send('hostname; ip -4 -o addr show eth0; ip route; grep -c . /data/etc/tiny.conf; echo done\n');
        const answer = await terminal.expect(/\ndone/);
        assert.match(answer, /^web1\r$/m);
        assert.match(answer, /inet 10\.9\.0\.5\/24/);
        assert.match(answer, /default via 10\.9\.0\.1/);
        await inNamespace('ping', '-c', '1', '-W', '10', '10.9.0.5');
        const qmp = await dialogue(monitor);
        qmp.send('{"execute":"qmp_capabilities"}\n{"execute":"system_powerdown"}\n');
        await qmp.expect(/"SHUTDOWN".*"guest": true/);
        assert.equal(await ended, 0);
        qmp.close();
        terminal.close();
      } finally {
        child.kill('SIGKILL');
        await ended;
      }
    }));
});
