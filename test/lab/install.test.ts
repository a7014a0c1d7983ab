import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { run } from '../../src/base/index.ts';
import { until } from '../support/until.ts';
import { type Lab, startLab } from './lab.ts';
import type { LabGuest } from './lab-guest.ts';

const skip = process.getuid?.() !== 0 && 'only root can build the image';
const root = join(import.meta.dirname, '../..');

let dir: string;
let lab: Lab;
let guide: string;

before(async () => {
  if (skip) return;
  dir = await mkdtemp(join(tmpdir(), 'gantry-install-'));
  guide = await readFile(join(root, 'docs/install.md'), 'utf8');
  [lab] = await Promise.all([startLab({ guests: 3 }), buildPackage('0.1.0~lab1').then(() => buildPackage('0.1.0~lab2'))]);
});

after(async () => {
  await lab?.[Symbol.asyncDispose]();
  if (dir) await rm(dir, { recursive: true });
});

const packagePath = (version: string): string => join(dir, `gantry_${version}_amd64.deb`);

const buildPackage = (version: string) =>
  run(join(root, 'gantry'), ['package', '--dir', dir, '--version', version], {
    timeoutMs: 300_000,
    env: process.env as Record<string, string>,
  });

/** Runs a line of docs/install.md as it stands there. */
async function documented(guest: LabGuest, line: string, seconds = 120): Promise<string> {
  assert.ok(guide.includes(`\n${line}\n`) || guide.includes(`\`${line}\``), `docs/install.md has no line "${line}"`);
  return (await guest.run(['sh', '-c', `cd /srv && ${line}`], { seconds })).stdout;
}

const printed = async (guest: LabGuest, ...command: string[]): Promise<string> => (await guest.run(command, { seconds: 120 })).stdout;

/** Every path of the root file system; not what the system itself writes all the time. */
const paths = (guest: LabGuest) =>
  printed(
    guest,
    'find',
    '/etc',
    '/usr',
    '/var',
    '/srv',
    '/opt',
    '/run/gantry',
    '-xdev',
    '-not',
    '-path',
    '/var/log/*',
    '-not',
    '-path',
    '/var/lib/*/*',
  );

/** A bridge with the network interface and its address, as the guide's section has it for another program. */
async function makeBridge(guest: LabGuest): Promise<void> {
  const network = '/etc/systemd/network';
  await guest.write(`${network}/30-br0.netdev`, '[NetDev]\nName=br0\nKind=bridge\n');
  await guest.write(
    `${network}/30-br0.network`,
    `[Match]\nName=br0\n\n[Network]\nAddress=${guest.address}/24\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n`,
  );
  await guest.write(`${network}/20-lan.network`, '[Match]\nName=lan0\n\n[Network]\nBridge=br0\n');
  await guest.run(['networkctl', 'reload']);
  await until(`${guest.name} has its address on the bridge`, async () =>
    (await printed(guest, 'ip', '-4', 'address', 'show', 'br0')).includes(guest.address),
  );
}

test('the guide makes three bare hosts a cluster, and takes it away again', { skip, timeout: 20 * 60_000 }, async (t) => {
  const [node1, node2, node3] = lab.guests as [LabGuest, LabGuest, LabGuest];
  const all = [node1, node2, node3];
  const step = (name: string, work: () => Promise<void>) => t.test(name, work);
  let clean: string[] = [];

  await step('installs the package on each', async () => {
    clean = await Promise.all(all.map(paths));
    await Promise.all(
      all.map(async (guest) => {
        await guest.put(packagePath('0.1.0~lab1'), '/srv');
        await documented(guest, 'apt-get install ./gantry_*_amd64.deb', 300);
      }),
    );
    assert.match(await printed(node2, 'systemctl', 'is-system-running'), /running/);
  });

  await step('creates the cluster on node1', async () => {
    await documented(node1, 'gantry cluster init prod --address 192.0.2.1 --dry-run');
    await documented(node1, 'gantry cluster init prod --address 192.0.2.1', 300);
    assert.match(await documented(node1, 'gantry node list'), /node1/);
  });

  await step('adds the other nodes', async () => {
    for (const guest of [node2, node3]) {
      await printed(node1, 'gantry', 'node', 'add', guest.name, '--address', guest.address, '--token-file', '/srv/token');
      await node1.get('/srv/token', dir);
      await guest.put(join(dir, 'token'), '/srv');
      await guest.run(['gantry', 'node', 'join', '--address', guest.address, '--token-file', '/srv/token'], { seconds: 300 });
      await guest.run(['rm', '/srv/token']);
      await node1.run(['rm', '/srv/token']);
    }
  });

  await step('has a bridge on each, and nothing to complain about', async () => {
    await Promise.all(all.map(makeBridge));
    console.log(await documented(node1, 'gantry node list'));
    console.log((await node1.run(['gantry', 'cluster', 'verify'], { okCodes: [0, 1], seconds: 300 })).stdout);
  });

  await step('runs an instance and migrates it', async () => {
    await documented(node1, 'gantry instance add web1 --disk-template diskless --memory 128M --os tiny --no-install', 300);
    console.log(await documented(node1, 'gantry instance list'));
    await documented(node1, 'gantry instance migrate --yes web1', 300);
    console.log(await documented(node1, 'gantry instance list'));
  });
});

void basename;
