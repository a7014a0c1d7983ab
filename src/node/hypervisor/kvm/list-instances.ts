import { GantryError, type QmpClient } from '../../../base/index.ts';
import type { InstanceRuntime } from '../../../rpc/index.ts';
import { consolePlaces } from './console.ts';
import { endProcess } from './end-process.ts';
import { brokenStates, type FoundInstance, findInstance, queryStatus } from './find-instance.ts';
import type { KvmParts } from './kvm-parts.ts';
import { listInstanceDirectories, type Runtime, readRuntime, writeRuntime } from './runtime-file.ts';
import { describeStall, queryStalledDisks } from './stalled-disks.ts';

const statusMs = 3000;

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
    const seen = await stateOf(parts, found);
    if (seen === undefined) return undefined;
    const { state, problem } = seen;
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
      ...(problem !== undefined && { problem }),
      ...(alive && { console: await consolePlaces(parts, runtime) }),
    };
  } catch (error) {
    parts.log.error({ uuid, error }, 'the state of an instance cannot be read');
    return undefined;
  }
}

type Seen = Pick<InstanceRuntime, 'state' | 'problem'>;

async function stateOf(parts: KvmParts, { runtime, process }: FoundInstance): Promise<Seen | undefined> {
  if (!process) {
    if (runtime.phase === 'off') return { state: 'shutdown' };
    // A migration that did not arrive, or a start that was interrupted: there never was an instance here.
    if (runtime.phase !== 'running') return undefined;
    // A stop may be clearing it right now.
    return (await readRuntime(parts.files(runtime).runtime)) ? { state: 'crashed' } : undefined;
  }
  try {
    return await parts.qmp.use(parts.files(runtime), (qmp) => ask(parts, runtime, process.pid, qmp), { connectMs: statusMs });
  } catch (error) {
    parts.log.warn({ instance: runtime.name, error: GantryError.from(error).message }, 'QEMU runs but does not answer');
    return { state: runtime.phase === 'incoming' ? 'migrating-in' : 'running' };
  }
}

async function ask(parts: KvmParts, runtime: Runtime, pid: number, qmp: QmpClient): Promise<Seen> {
  const status = await queryStatus(qmp, statusMs);
  if (status === 'shutdown') return { state: await reap(parts, runtime, pid) };
  if (status === 'inmigrate') return { state: 'migrating-in' };
  if (brokenStates.includes(status)) return { state: 'crashed' };
  if (status === 'io-error') return { state: 'paused', problem: describeStall(await queryStalledDisks(qmp, runtime)) };
  return { state: status === 'running' ? 'running' : 'paused' };
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
