import { rm } from 'node:fs/promises';
import { GantryError, type QmpClient } from '../../../base/index.ts';
import { identifyProcess, type ProcessIdentity, processesIn, readSameProcess } from '../../../host/index.ts';
import type { InstanceRef } from '../start-request.ts';
import type { KvmParts } from './kvm-parts.ts';
import { type Runtime, readRuntime } from './runtime-file.ts';

/** What is on this node of an instance. */
export interface FoundInstance {
  readonly runtime: Runtime;
  /** Its process, when that lives. */
  readonly process: (ProcessIdentity & { readonly cpuSeconds: number }) | undefined;
}

/** Reads the runtime file and looks for the process; undefined when the instance was never started here or was stopped. */
export async function findInstance(parts: KvmParts, instance: InstanceRef): Promise<FoundInstance | undefined> {
  const files = parts.files(instance);
  const runtime = await readRuntime(files.runtime);
  if (!runtime) return undefined;
  // The agent may have ended between the start of QEMU and writing its number down.
  const identity = runtime.process ?? (await adoptOrphan(files.workDirectory));
  const stat = identity && (await readSameProcess(identity));
  return { runtime, process: stat ? { ...identity, cpuSeconds: stat.cpuSeconds } : undefined };
}

async function adoptOrphan(workDirectory: string): Promise<ProcessIdentity | undefined> {
  const [pid] = await processesIn(workDirectory);
  return pid === undefined ? undefined : identifyProcess(pid);
}

/** @throws HYPERVISOR_NOT_RUNNING */
export async function requireInstance(parts: KvmParts, instance: InstanceRef): Promise<Required<FoundInstance>> {
  const found = await findInstance(parts, instance);
  if (!found?.process) throw new GantryError('HYPERVISOR_NOT_RUNNING', { name: instance.name });
  return { runtime: found.runtime, process: found.process };
}

/** QEMU's run state, e.g. `running`, `paused`, `inmigrate`, `postmigrate`, `shutdown`. */
export async function queryStatus(qmp: QmpClient, timeoutMs?: number): Promise<string> {
  const answer = (await qmp.execute('query-status', {}, timeoutMs)) as { readonly status: string };
  return answer.status;
}

/** Run states of a machine that will never run again without help. */
export const brokenStates: readonly string[] = ['internal-error', 'guest-panicked'];

/** Removes what a dead instance left in the run directory. */
export async function forgetInstance(parts: KvmParts, instance: InstanceRef): Promise<void> {
  await parts.serialLines.release(instance);
  await rm(parts.files(instance).directory, { recursive: true, force: true });
}
