import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { GantryError } from '../../../base/index.ts';
import type { InstanceRuntime } from '../../../rpc/index.ts';
import { endProcess } from './end-process.ts';
import { brokenStates, type FoundInstance, findInstance, queryStatus } from './find-instance.ts';
import type { KvmParts } from './kvm-parts.ts';
import { listInstanceDirectories, type Runtime, readRuntime, writeRuntime } from './runtime-file.ts';

const statusMs = 3000;
const serialLogLimitBytes = 1024 * 1024;

/** Every instance that runs on this node or that nobody asked to stop. An instance that cannot be read is logged, not listed. */
export async function listInstances(parts: KvmParts): Promise<InstanceRuntime[]> {
  const uuids = await listInstanceDirectories(parts.runDir);
  const rows = await Promise.all(uuids.map((uuid) => readOne(parts, uuid)));
  return rows.filter((row) => row !== undefined);
}

async function readOne(parts: KvmParts, uuid: string): Promise<InstanceRuntime | undefined> {
  try {
    const found = await findInstance(parts, { uuid, name: '' });
    if (!found) return undefined;
    await trimSerialLog(parts, found.runtime);
    const state = await stateOf(parts, found);
    if (state === undefined) return undefined;
    const { runtime, process } = found;
    const alive = state !== 'shutdown' ? process : undefined;
    return {
      uuid,
      name: runtime.name,
      hypervisor: 'kvm',
      state,
      memory: runtime.request.spec.memory,
      vcpus: runtime.request.spec.vcpus,
      cpu_seconds: process?.cpuSeconds ?? 0,
      pid: alive?.pid ?? null,
      machine: runtime.machine,
    };
  } catch (error) {
    parts.log.error({ uuid, error }, 'the state of an instance cannot be read');
    return undefined;
  }
}

async function stateOf(parts: KvmParts, { runtime, process }: FoundInstance): Promise<InstanceRuntime['state'] | undefined> {
  if (!process) {
    if (runtime.phase === 'off') return 'shutdown';
    // A migration that did not arrive, or a start that was interrupted: there never was an instance here.
    if (runtime.phase !== 'running') return undefined;
    // A stop may be clearing it right now.
    return (await readRuntime(parts.files(runtime).runtime)) ? 'crashed' : undefined;
  }
  let status: string;
  try {
    status = await parts.qmp.use(parts.files(runtime).qmp, (qmp) => queryStatus(qmp, statusMs), { connectMs: statusMs });
  } catch (error) {
    parts.log.warn({ instance: runtime.name, error: GantryError.from(error).message }, 'QEMU runs but does not answer');
    return runtime.phase === 'incoming' ? 'migrating-in' : 'running';
  }
  if (status === 'shutdown') return reap(parts, runtime, process.pid);
  if (status === 'inmigrate') return 'migrating-in';
  if (brokenStates.includes(status)) return 'crashed';
  return status === 'running' ? 'running' : 'paused';
}

/** The guest has switched itself off: frees its memory and remembers why the process is gone. */
function reap(parts: KvmParts, seen: Runtime, pid: number): Promise<'shutdown'> {
  return parts.exclusively(seen.uuid, async () => {
    const found = await findInstance(parts, seen);
    if (found?.process && found.process.pid === pid) {
      await writeRuntime(parts.files(seen).runtime, { ...found.runtime, phase: 'off' });
      await endProcess(parts, seen, found.process);
      parts.log.info({ instance: seen.name }, 'the guest switched itself off');
    }
    return 'shutdown' as const;
  });
}

/**
 * Keeps what a guest writes to its console from filling the run directory: beyond 1 MiB the last quarter stays. QEMU
 * appends, so the file may be cut under it.
 * The directory belongs to QEMU's user, so a link in place of the file is not followed.
 */
async function trimSerialLog(parts: KvmParts, runtime: Runtime): Promise<void> {
  const { serialLog } = parts.files(runtime);
  try {
    const file = await open(serialLog, constants.O_RDWR | constants.O_APPEND | constants.O_NOFOLLOW);
    try {
      const { size } = await file.stat();
      if (size <= serialLogLimitBytes) return;
      const kept = Buffer.alloc(serialLogLimitBytes / 4);
      await file.read(kept, 0, kept.length, size - kept.length);
      await file.truncate(0);
      await file.write(kept);
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') parts.log.warn({ serialLog, error }, 'the serial log cannot be trimmed');
  }
}
