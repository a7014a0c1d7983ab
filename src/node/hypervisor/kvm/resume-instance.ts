import { GantryError, type QmpClient } from '../../../base/index.ts';
import type { InstanceRef } from '../start-request.ts';
import { queryStatus, requireInstance } from './find-instance.ts';
import type { KvmParts } from './kvm-parts.ts';
import type { Runtime } from './runtime-file.ts';
import { describeStall, hasRoomAgain, queryStalledDisks } from './stalled-disks.ts';

/** A guest that cannot write repeats the write at once, and stops again. */
const watchMs = 500;

/**
 * Lets a guest go on that a disk error stopped; does nothing when it runs.
 * @throws HYPERVISOR_STALLED when the disks cannot be written yet, HYPERVISOR_NOT_RUNNING
 */
export function resumeInstance(parts: KvmParts, instance: InstanceRef): Promise<{ changed: boolean }> {
  return parts.exclusively(instance.uuid, async () => {
    const { runtime } = await requireInstance(parts, instance);
    return parts.qmp.use(parts.files(instance), async (qmp) => {
      const status = await queryStatus(qmp);
      if (status === 'io-error') await continueStalled(parts, runtime, qmp);
      else if (status === 'paused') await qmp.execute('cont');
      return { changed: status === 'io-error' || status === 'paused' };
    });
  });
}

/** @throws HYPERVISOR_STALLED when the guest stops again at once */
export async function continueStalled(parts: KvmParts, runtime: Runtime, qmp: QmpClient): Promise<void> {
  await qmp.execute('cont');
  await parts.clock.sleep(watchMs);
  if ((await queryStatus(qmp)) !== 'io-error') return;
  throw new GantryError('HYPERVISOR_STALLED', { name: runtime.name, problem: describeStall(await queryStalledDisks(qmp, runtime)) });
}

/** Lets it go on when the room has returned for want of which it stands still; says whether it did. */
export async function resumeWhenRoom(parts: KvmParts, runtime: Runtime): Promise<boolean> {
  return parts.qmp.use(parts.files(runtime), async (qmp) => {
    if ((await queryStatus(qmp)) !== 'io-error') return false;
    if (!(await hasRoomAgain(await queryStalledDisks(qmp, runtime), runtime))) return false;
    await qmp.execute('cont');
    return true;
  });
}
