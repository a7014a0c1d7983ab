import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '../support/until.ts';
import { type Lab, startLab } from './lab.ts';
import type { LabGuest } from './lab-guest.ts';

const skip = process.getuid?.() !== 0 && 'only root can build the image';

let lab: Lab;
let first: LabGuest;
let second: LabGuest;
let third: LabGuest;

before(async () => {
  if (skip) return;
  lab = await startLab({ guests: 3, disks: [256] });
  [first, second, third] = lab.guests as [LabGuest, LabGuest, LabGuest];
});

after(() => lab?.[Symbol.asyncDispose]());

/** Whatever curl may say. */
const curlCodes = Array.from({ length: 100 }, (_, code) => code);

const printed = async (guest: LabGuest, ...command: string[]): Promise<string> => (await guest.run(command)).stdout.trim();

test('each guest runs systemd with control groups version 2, and has an identity of its own', { skip }, async () => {
  const facts = await Promise.all(
    lab.guests.map(async (guest) => ({
      name: await printed(guest, 'hostname'),
      state: await printed(guest, 'systemctl', 'is-system-running'),
      groups: await printed(guest, 'stat', '--file-system', '--format=%T', '/sys/fs/cgroup'),
      machine: await printed(guest, 'cat', '/etc/machine-id'),
      mac: await printed(guest, 'cat', '/sys/class/net/lan0/address'),
      random: await printed(guest, 'od', '-An', '-N16', '-tx1', '/dev/urandom'),
      clock: Number(await printed(guest, 'date', '+%s')),
    })),
  );
  assert.deepEqual(
    facts.map(({ name }) => name),
    ['node1', 'node2', 'node3'],
  );
  for (const { state, groups, clock } of facts) {
    assert.deepEqual([state, groups], ['running', 'cgroup2fs']);
    assert.ok(Math.abs(clock - Date.now() / 1000) < 60, `the clock says ${clock}`);
  }
  for (const key of ['machine', 'mac', 'random'] as const) assert.equal(new Set(facts.map((fact) => fact[key])).size, 3, key);
});

test('guests reach each other by name, until a cable is pulled, and nothing else', { skip }, async () => {
  const reaches = async (from: LabGuest, name: string) => (await from.run(['ping', '-c1', '-W1', name], { okCodes: [0, 1, 2] })).code === 0;
  assert.ok(await reaches(first, second.name));
  assert.ok(await reaches(second, third.address));
  await third.setLink(false);
  assert.equal(await reaches(second, third.address), false);
  assert.ok(await reaches(first, second.name));
  await third.setLink(true);
  await until('the cable is back', () => reaches(second, third.address));
  const host = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(host, 'listening');
  const { port } = host.address() as AddressInfo;
  const { code } = await first.run(['curl', '--silent', '--max-time', '2', `http://10.0.2.2:${port}/`], { okCodes: curlCodes });
  host.close();
  assert.ok(code === 7 || code === 28, `curl ended with ${code}`);
});

test('a command gives its output and exit code, takes input, and is ended when it takes too long', { skip }, async () => {
  const outcome = await first.run(['sh', '-c', 'cat; echo "it\'s $1" >&2; exit 3', 'sh', 'a  "b"'], { input: 'in', okCodes: [3] });
  assert.deepEqual(outcome, { code: 3, stdout: 'in', stderr: 'it\'s a  "b"\n' });
  await assert.rejects(first.run(['sh', '-c', 'echo said; exit 4']), /node1: sh .* ended with 4\nsaid/);
  await assert.rejects(first.run(['sleep', '61'], { seconds: 1 }), /had not ended after 1 s/);
  await until('it is gone in the guest', async () => (await first.run(['pgrep', '-x', 'sleep'], { okCodes: [0, 1] })).code === 1);
});

test('files and folders are copied in and out', { skip }, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'lab-test-'));
  try {
    await mkdir(join(dir, 'tree/sub'), { recursive: true });
    await mkdir(join(dir, 'back'));
    const bytes = Buffer.alloc(3_000_000, 'seven');
    await writeFile(join(dir, 'tree/sub/program'), bytes, { mode: 0o750 });
    await second.put(join(dir, 'tree'), '/srv/in');
    assert.equal(await printed(second, 'stat', '--format=%a %s %U', '/srv/in/tree/sub/program'), `750 ${bytes.length} root`);
    await second.get('/srv/in/tree/sub', join(dir, 'back'));
    assert.ok(bytes.equals(await readFile(join(dir, 'back/sub/program'))));
    await second.write('/srv/deep/er/note', 'a line\n', 0o600);
    assert.equal(await printed(second, 'stat', '--format=%a', '/srv/deep/er/note'), '600');
    await assert.rejects(second.get('/srv/nothing', join(dir, 'back')), /nothing: .*No such file/);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('a tunnel leads to a port inside', { skip }, async () => {
  await first.run(['systemd-run', '--unit=greeter', 'busybox', 'nc', '-ll', '-p', '7070', '-e', '/bin/echo', 'hello']);
  const tunnel = await first.tunnel(7070);
  const hear = () =>
    new Promise<string>((resolve) => {
      let heard = '';
      const socket = connect(tunnel.port, '127.0.0.1');
      socket.on('data', (piece) => (heard += piece.toString()));
      socket.on('error', () => resolve(''));
      socket.on('close', () => resolve(heard));
    });
  await until('the greeting arrives', async () => (await hear()) === 'hello\n', { everyMs: 200 });
  await tunnel.close();
});

test('a power cut loses what was not synced, keeps what was, and the guest boots again', { skip, timeout: 900_000 }, async () => {
  const boot = await printed(third, 'cat', '/proc/sys/kernel/random/boot_id');
  await third.run(['sh', '-c', 'mkfs.ext4 -q /dev/disk/by-id/virtio-data1 && echo kept >/srv/kept && sync && echo lost >/srv/lost']);
  await third.cutPower();
  assert.equal(third.pid(), undefined);
  await assert.rejects(third.run(['true']), /node3 has no power/);
  await third.boot();
  assert.notEqual(await printed(third, 'cat', '/proc/sys/kernel/random/boot_id'), boot);
  assert.equal(await printed(third, 'cat', '/srv/kept'), 'kept');
  assert.equal(await printed(third, 'sh', '-c', 'test -s /srv/lost || echo gone'), 'gone');
  assert.equal(await printed(third, 'blkid', '-o', 'value', '-s', 'TYPE', '/dev/disk/by-id/virtio-data1'), 'ext4');
  assert.equal(await printed(third, 'hostname'), 'node3');
  await third.run(['ping', '-c1', first.name]);
  await third.shutDown();
  assert.equal(third.pid(), undefined);
});
