import { GantryError } from '../../../base/index.ts';
import type { InstanceRef } from '../start-request.ts';
import { endProcess } from './end-process.ts';
import { type FoundInstance, findInstance, forgetInstance, queryStatus } from './find-instance.ts';
import type { KvmParts } from './kvm-parts.ts';
import { writeRuntime } from './runtime-file.ts';
import { cancelMigration } from './send-migration.ts';

const arriveMs = 15_000;
/** States out of which a machine goes on when it is told to. */
const waitingStates = ['paused', 'postmigrate', 'finish-migrate', 'prelaunch'];

/**
 * Ends a migration on one side. `success`: the source's QEMU is ended and the target's runs. Else the other way round.
 * @throws HYPERVISOR_MIGRATION_FAILED when the side that shall run does not
 */
export function finishMigration(
  parts: KvmParts,
  instance: InstanceRef,
  role: 'source' | 'target',
  success: boolean,
): Promise<{ changed: boolean }> {
  return parts.exclusively(instance.uuid, async () => {
    const found = await findInstance(parts, instance);
    if ((role === 'target') === success) return keep(parts, instance, found, role);
    if (role === 'target' && found && found.runtime.phase !== 'incoming') {
      // It was here before, so it is not what the migration brought.
      throw failed(instance, 'the target has it running already and does not end it');
    }
    if (found?.process) await endProcess(parts, instance, found.process);
    await forgetInstance(parts, instance);
    return { changed: found !== undefined };
  });
}

/** Makes sure that the instance runs on this side. */
async function keep(
  parts: KvmParts,
  instance: InstanceRef,
  found: FoundInstance | undefined,
  role: 'source' | 'target',
): Promise<{ changed: boolean }> {
  if (!found?.process) throw failed(instance, `its QEMU on the ${role} has ended`);
  const files = parts.files(instance);
  const before = await parts.qmp.use(files, async (client) => {
    const first = await queryStatus(client);
    if (role === 'source') await cancelMigration(parts, client);
    const deadline = parts.clock.now() + arriveMs;
    let status = await queryStatus(client);
    while (status === 'inmigrate' && parts.clock.now() < deadline) {
      await parts.clock.sleep(50);
      status = await queryStatus(client);
    }
    if (status === 'inmigrate') throw failed(instance, 'the target did not get the whole state');
    if (waitingStates.includes(status)) await client.execute('cont');
    return first;
  });
  const { cpuSeconds: _, ...process } = found.process;
  const changed = before !== 'running' || found.runtime.phase !== 'running';
  if (changed) await writeRuntime(files.runtime, { ...found.runtime, process, phase: 'running', incoming: null });
  return { changed };
}

const failed = (instance: InstanceRef, problem: string) => new GantryError('HYPERVISOR_MIGRATION_FAILED', { name: instance.name, problem });
