import { chown, lchown, lstat, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isRoot } from '../../../host/index.ts';
import { type InstanceFiles, vncName } from './instance-files.ts';

/**
 * Makes the directories of an instance anew, which only root enters and writes. QEMU can make its VNC socket nowhere but in
 * its working directory, so that is its user's until `closeWorkDirectory`.
 */
export async function makeDirectories(files: InstanceFiles, uid: number, vnc: boolean): Promise<void> {
  await mkdir(files.directory, { recursive: true, mode: 0o700 });
  await rm(files.workDirectory, { recursive: true, force: true });
  await mkdir(files.workDirectory, { mode: vnc ? 0o700 : 0o711 });
  if (isRoot() && vnc) await chown(files.workDirectory, uid, uid);
}

/**
 * Takes the working directory back before the guest runs, and the VNC socket out of it into root's folder.
 * @throws Error when there is no socket, or something else in its place
 */
export async function closeWorkDirectory(files: InstanceFiles, uid: number): Promise<void> {
  const made = join(files.workDirectory, vncName);
  await rename(made, files.vnc);
  // Looked at where nobody can exchange it any more.
  const stat = await lstat(files.vnc);
  if (!stat.isSocket() || (isRoot() && stat.uid !== uid)) {
    await rm(files.vnc, { force: true });
    throw new Error(`QEMU made something else than a socket as ${made}`);
  }
  if (!isRoot()) return;
  await lchown(files.vnc, 0, 0);
  await chown(files.workDirectory, 0, 0);
}
