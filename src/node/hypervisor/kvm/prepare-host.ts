import { chmod, chown, lchown, mkdir, realpath, rm, stat } from 'node:fs/promises';
import type { Log } from '../../../base/index.ts';
import type { StartRequest } from '../hypervisor.ts';
import type { InstanceFiles } from './instance-files.ts';
import { isRoot } from './privileges.ts';

/** Makes the directories of an instance anew: its own closed to all but root, QEMU's closed to all but its user. */
export async function makeDirectories(files: InstanceFiles, uid: number): Promise<void> {
  await mkdir(files.directory, { recursive: true, mode: 0o700 });
  await rm(files.workDirectory, { recursive: true, force: true });
  await mkdir(files.workDirectory, { mode: 0o700 });
  if (isRoot()) await chown(files.workDirectory, uid, uid);
}

/** Gives the disks to the user of the instance. A disk that is his already is not touched (root may not be root on NFS). */
export async function giveDisks(disks: StartRequest['disks'], uid: number): Promise<void> {
  if (!isRoot()) return;
  for (const disk of disks) {
    const path = disk.driver === 'host_device' ? await realpath(disk.path) : disk.path;
    const owner = await stat(path);
    if (owner.uid !== uid || owner.gid !== uid) await lchown(path, uid, uid);
  }
}

/**
 * An unprivileged QEMU opens its tap through /dev/net/tun; the kernel lets it have only taps that are its user's. Where no
 * udev gave the device its usual mode 0666, this does.
 */
export async function openTunDevice(log: Log): Promise<void> {
  const path = '/dev/net/tun';
  const { mode } = await stat(path);
  if ((mode & 0o006) === 0o006 || !isRoot()) return;
  log.warn({ path }, 'only root could open the tun device; giving it mode 0666 as udev does');
  await chmod(path, 0o666);
}
