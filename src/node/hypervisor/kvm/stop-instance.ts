import { GantryError } from '../../../base/index.ts';
import { type ProcessIdentity, readSameProcess } from '../../../host/index.ts';
import type { HandlerContext } from '../../../rpc/index.ts';
import type { InstanceRef } from '../start-request.ts';
import { endProcess } from './end-process.ts';
import { findInstance, forgetInstance, queryStatus } from './find-instance.ts';
import { kvmParameters } from './kvm-parameters.ts';
import type { KvmParts } from './kvm-parts.ts';
import { noteStopped } from './stopped-note.ts';

const pollMs = 100;
/** A guest that was just booting misses the first press of its power button. */
const pressAgainMs = 4000;

/**
 * Presses the guest's power button until it is off, at most `timeoutSeconds`, then ends QEMU.
 * @throws HYPERVISOR_STOP_FAILED, and the signal's reason when the call is given up, which leaves the guest as it is
 */
export async function stopInstance(
  parts: KvmParts,
  instance: InstanceRef,
  timeoutSeconds: number,
  context: HandlerContext,
): Promise<{ changed: boolean; graceful: boolean }> {
  const found = await findInstance(parts, instance);
  let graceful = false;
  if (found?.process && timeoutSeconds > 0) {
    const { acpi } = kvmParameters(found.runtime.request.spec);
    if (acpi) graceful = await pressPowerButton(parts, instance, found.process, timeoutSeconds, context);
    else context.progress({ text: 'the instance has no ACPI, so it cannot be asked to stop' });
  }
  // Not exclusive until here: a hard stop must not wait for a graceful one.
  return parts.exclusively(instance.uuid, async () => {
    const still = await findInstance(parts, instance);
    if (!still) return { changed: found?.process !== undefined, graceful };
    if (still.process) {
      if (!graceful) context.progress({ text: 'stopping hard' });
      await endProcess(parts, instance, still.process);
    }
    await forgetInstance(parts, instance);
    await noteStopped(parts, instance);
    return { changed: found?.process !== undefined, graceful };
  });
}

/** True when the guest has switched itself off, false when it did not in time or cannot be asked. */
async function pressPowerButton(
  parts: KvmParts,
  instance: InstanceRef,
  identity: ProcessIdentity,
  timeoutSeconds: number,
  { progress, signal, operation }: HandlerContext,
): Promise<boolean> {
  const { clock } = parts;
  const start = clock.now();
  let nextPress = start;
  try {
    return await parts.qmp.use(parts.files(instance), async (qmp) => {
      while (await readSameProcess(identity)) {
        signal.throwIfAborted();
        const status = await queryStatus(qmp);
        if (status === 'shutdown') return true;
        if (status !== 'running') return false;
        const waited = clock.now() - start;
        if (waited >= timeoutSeconds * 1000) return false;
        if (clock.now() >= nextPress) {
          await qmp.execute('system_powerdown');
          nextPress += pressAgainMs;
          const seconds = Math.round(waited / 1000);
          progress({
            text: `waiting for the guest to stop, ${seconds} of ${timeoutSeconds} s`,
            fraction: waited / (timeoutSeconds * 1000),
          });
        }
        await clock.sleep(pollMs, signal);
      }
      return false;
    });
  } catch (error) {
    if (!(error instanceof GantryError) || !(error.code.startsWith('HYPERVISOR_QMP_') || error.code === 'SOCKET_REFUSED')) throw error;
    operation.log.warn({ instance: instance.name, error: error.message }, 'the guest cannot be asked to stop');
    return false;
  }
}
