import { chmod, lchown, realpath, stat } from 'node:fs/promises';
import type { Log } from '../../../base/index.ts';
import { isRoot } from '../../../host/index.ts';
import type { StartRequest } from '../start-request.ts';

/** Lets the user of an instance reach its disks and taps. */
export async function prepareHost(request: StartRequest, uid: number, log: Log): Promise<void> {
  await giveDisks(request.disks, uid);
  if (request.nics.length > 0) await openTunDevice(log);
}

/** Gives the disks to the user of the instance. A disk that is his already is not touched (root may not be root on NFS). */
async function giveDisks(disks: StartRequest['disks'], uid: number): Promise<void> {
  if (!isRoot()) return;
  for (const disk of disks) {
    // Others are reached over a socket, by what QEMU is given or has a right to.
    if (disk.driver !== 'file' && disk.driver !== 'host_device') continue;
    const path = disk.driver === 'host_device' ? await realpath(disk.path) : disk.path;
    const owner = await stat(path);
    if (owner.uid !== uid || owner.gid !== uid) await lchown(path, uid, uid);
  }
}

/**
 * An unprivileged QEMU opens its tap through /dev/net/tun; the kernel lets it have only taps that are its user's. Where no
 * udev gave the device its usual mode 0666, this does.
 */
async function openTunDevice(log: Log): Promise<void> {
  const path = '/dev/net/tun';
  const { mode } = await stat(path);
  if ((mode & 0o006) === 0o006 || !isRoot()) return;
  log.warn({ path }, 'only root could open the tun device; giving it mode 0666 as udev does');
  await chmod(path, 0o666);
}
