import { GantryError } from '../../../base/index.ts';
import { type ProcessIdentity, readSameProcess } from '../../../host/index.ts';
import type { InstanceRef } from '../start-request.ts';
import type { KvmParts } from './kvm-parts.ts';

const quitMs = 5000;
const killMs = 15_000;

/** Ends QEMU: asks it to quit, so that it writes its caches, then kills it. @throws HYPERVISOR_STOP_FAILED */
export async function endProcess(parts: KvmParts, instance: InstanceRef, identity: ProcessIdentity): Promise<void> {
  try {
    await parts.qmp.use(parts.files(instance), (qmp) => qmp.execute('quit', {}, quitMs), { connectMs: quitMs });
    if (await waitForEnd(parts, identity, quitMs)) return;
  } catch (error) {
    parts.log.debug({ instance: instance.name, error: GantryError.from(error).message }, 'quit got no answer');
  }
  if (await waitForEnd(parts, identity, 200)) return;
  parts.log.warn({ instance: instance.name, pid: identity.pid }, 'QEMU did not quit; killing it');
  killSame(identity);
  if (await waitForEnd(parts, identity, killMs)) return;
  throw new GantryError('HYPERVISOR_STOP_FAILED', { name: instance.name, pid: identity.pid });
}

function killSame(identity: ProcessIdentity): void {
  try {
    process.kill(identity.pid, 'SIGKILL');
  } catch (error) {
    // It ended by itself in this moment.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Waits until the process has ended; false when it has not after `ms`. */
export async function waitForEnd(parts: Pick<KvmParts, 'clock'>, identity: ProcessIdentity, ms: number): Promise<boolean> {
  const deadline = parts.clock.now() + ms;
  while (await readSameProcess(identity)) {
    if (parts.clock.now() >= deadline) return false;
    await parts.clock.sleep(20);
  }
  return true;
}
