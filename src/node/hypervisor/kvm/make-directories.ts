import { chown, mkdir, rm } from 'node:fs/promises';
import type { InstanceFiles } from './instance-files.ts';
import { isRoot } from './privileges.ts';

/** Makes the directories of an instance anew: its own closed to all but root, QEMU's closed to all but its user. */
export async function makeDirectories(files: InstanceFiles, uid: number): Promise<void> {
  await mkdir(files.directory, { recursive: true, mode: 0o700 });
  await rm(files.workDirectory, { recursive: true, force: true });
  await mkdir(files.workDirectory, { mode: 0o700 });
  if (isRoot()) await chown(files.workDirectory, uid, uid);
}
