import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { GantryError } from '../../../base/index.ts';
import { findInstance } from './find-instance.ts';
import { kvmParameters } from './kvm-parameters.ts';
import type { KvmParts } from './kvm-parts.ts';
import { resumeWhenRoom } from './resume-instance.ts';
import { listInstanceDirectories, type Runtime } from './runtime-file.ts';

const fileLimitBytes = 1024 * 1024;

/** Does what running instances need from time to time. What fails is logged and done again the next time. */
export async function tendInstances(parts: KvmParts): Promise<void> {
  try {
    const uuids = await listInstanceDirectories(parts.runDir);
    await Promise.all(uuids.map((uuid) => tend(parts, uuid)));
  } catch (error) {
    parts.log.warn({ err: error }, 'the instances cannot be checked');
  }
}

async function tend(parts: KvmParts, uuid: string): Promise<void> {
  const attempt = async (what: string, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      parts.log.debug({ uuid, error: GantryError.from(error).message }, what);
    }
  };
  await attempt('an instance cannot be checked', async () => {
    const found = await findInstance(parts, { uuid, name: '' });
    if (!found?.process || found.runtime.phase === 'starting') return;
    const { runtime } = found;
    const files = parts.files(runtime);
    if (kvmParameters(runtime.request.spec).serial_console) {
      await attempt('a serial line cannot be held', () => parts.serialLines.hold(runtime));
    }
    await attempt('a serial log cannot be cut', () => cutFile(files.old.serialLog));
    await attempt("QEMU's log cannot be cut", () => cutFile(files.log));
    await attempt('a guest that waits for room cannot be looked at', () => goOn(parts, runtime));
  });
}

async function goOn(parts: KvmParts, runtime: Runtime): Promise<void> {
  if (!(await parts.exclusively(runtime.uuid, () => resumeWhenRoom(parts, runtime)))) return;
  parts.log.info({ instance: runtime.name }, 'its disks have free space again; the guest continues');
}

/**
 * Keeps a file small to which QEMU appends: beyond 1 MiB its last quarter stays. A link in its place is not followed: that
 * of the serial line lies in a folder of QEMU's user where an earlier agent started the instance.
 */
async function cutFile(path: string): Promise<void> {
  try {
    await using file = await open(path, constants.O_RDWR | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = await file.stat();
    if (!stat.isFile() || stat.nlink !== 1 || stat.size <= fileLimitBytes) return;
    const kept = Buffer.alloc(fileLimitBytes / 4);
    await file.read(kept, 0, kept.length, stat.size - kept.length);
    await file.truncate(0);
    await file.write(kept);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
