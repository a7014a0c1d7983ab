import { randomInt } from 'node:crypto';
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/base/index.ts';
import { type LabGuest, startGuest } from './lab-guest.ts';
import { ensureLabImage, type LabImage } from './lab-image.ts';
import type { DataDisk } from './machine-arguments.ts';

/**
 * A lab: several Debian guests with systemd and control groups version 2, in QEMU without KVM, for what a host of
 * development cannot show: units, packages, LVM, DRBD, nested KVM, containers, power cuts.
 *
 *     await using lab = await startLab({ guests: 3 });
 *     await lab.guests[0].run(['systemctl', 'is-system-running']);
 *
 * - Image: `lab-image.ts` builds it once for each content of the recipe (`image-recipe.ts`) into the user's cache.
 * - Start: all guests continue from one saved state (`save-state.ts`), then `guest-identity.ts` makes them different.
 * - Network: `lan0` is 192.0.2.0/24 between the guests of one lab. `mgmt0` is only for ssh from this host. No guest reaches anything else.
 * - Channels: the guest agent for the identity, then ssh (`ssh-session.ts`).
 * - End: QEMU and ssh end with the process that started them, even when it is killed; the next lab removes its folder.
 *
 * For people: `node tools/lab.ts up 3`.
 */
export interface Lab extends AsyncDisposable {
  readonly guests: readonly LabGuest[];
  /** Folder on this host with consoles, logs and configurations for ssh. */
  readonly folder: string;
}

export interface LabOptions {
  /** How many; default 1. */
  readonly guests?: number;
  /** Sizes in MiB of empty disks that each guest gets, as `/dev/disk/by-id/virtio-data1` and so on. */
  readonly disks?: readonly number[];
  readonly note?: (text: string) => void;
}

const prefix = 'gantry-lab-';

/** Starts a lab; builds the image before, if the cache does not have it. Only root can. */
export async function startLab({ guests: count = 1, disks = [], note = console.error }: LabOptions = {}): Promise<Lab> {
  const image = await ensureLabImage(note);
  await removeLeftFolders();
  const folder = await mkdtemp(join(tmpdir(), prefix));
  await writeFile(join(folder, 'owner'), `${process.pid}\n`);
  const started: LabGuest[] = [];
  const dispose = async () => {
    await Promise.all(started.filter((guest) => guest.pid() !== undefined).map((guest) => guest.cutPower()));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const key = await makeKeys(folder, image);
    const names = Array.from({ length: count }, (_, index) => `node${index + 1}`);
    const lan = `socket,id=lan,mcast=230.77.${randomInt(256)}.${randomInt(1, 255)}:${randomInt(20_000, 60_000)},localaddr=127.0.0.1`;
    const outcomes = await Promise.allSettled(
      names.map(async (name, index) => started.push(await startMember({ folder, image, key, lan, names, index, name, disks }))),
    );
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    started.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
    return { guests: started, folder, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

interface Member {
  readonly folder: string;
  readonly image: LabImage;
  readonly key: string;
  readonly lan: string;
  readonly names: readonly string[];
  readonly index: number;
  readonly name: string;
  readonly disks: readonly number[];
}

const addressOf = (index: number): string => `192.0.2.${index + 1}`;

async function startMember({ folder, image, key, lan, names, index, name, disks }: Member): Promise<LabGuest> {
  const overlay = join(folder, `${name}.qcow2`);
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', image.disk, '-F', 'raw', overlay]);
  const dataDisks = disks.map((_, disk): DataDisk => ({ name: `data${disk + 1}`, path: join(folder, `${name}.data${disk + 1}`) }));
  for (const [disk, { path }] of dataDisks.entries()) {
    const file = await open(path, 'w');
    await file.truncate((disks[disk] ?? 0) * 1024 ** 2);
    await file.close();
  }
  const mac = `52:54:00:4c:00:${(index + 1).toString(16).padStart(2, '0')}`;
  const { kernel, initrd, state } = image;
  return startGuest({
    folder,
    state,
    machine: { kernel, initrd, disk: { format: 'qcow2', path: overlay }, prefix: join(folder, name), lan, mac, dataDisks },
    identity: {
      name,
      mac,
      address: addressOf(index),
      hosts: names.map((other, place) => `${addressOf(place)} ${other}.lab.test ${other}`),
      authorizedKey: key,
    },
  });
}

/** A key for this lab alone. @returns its public half */
async function makeKeys(folder: string, { hostKey }: LabImage): Promise<string> {
  const path = join(folder, 'key');
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'lab', '-f', path]);
  await writeFile(join(folder, 'known_hosts'), `lab ${await readFile(hostKey, 'utf8')}`);
  return (await readFile(`${path}.pub`, 'utf8')).trim();
}

/** Folders of labs whose process was killed. */
async function removeLeftFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(prefix)) continue;
    const owner = Number(await readFile(join(tmpdir(), name, 'owner'), 'utf8').catch(() => `${process.pid}`));
    if (!isRunning(owner)) await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
