import { GantryError } from '../../../base/index.ts';
import { createKeyedMutex } from '../../../host/index.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { openSerialLine, openVnc } from '../open-console-socket.ts';
import { probeAccelerator } from './accelerator-probe.ts';
import { acceptMigration } from './accept-migration.ts';
import { readConsole } from './console.ts';
import { requireInstance } from './find-instance.ts';
import { finishMigration } from './finish-migration.ts';
import { instanceFiles } from './instance-files.ts';
import { instanceUid } from './instance-uid.ts';
import type { KvmOptions, KvmParts } from './kvm-parts.ts';
import { listInstances } from './list-instances.ts';
import { createQemuFacts } from './qemu-facts.ts';
import { createQmpPool } from './qmp-pool.ts';
import { resumeInstance } from './resume-instance.ts';
import { sendMigration } from './send-migration.ts';
import { createSerialLines } from './serial-lines.ts';
import { startInstance } from './start-instance.ts';
import { stopInstance } from './stop-instance.ts';
import { tendInstances } from './tend-instances.ts';
import { verifyHost } from './verify-host.ts';

/**
 * Runs instances as QEMU processes of their own unprivileged users. It keeps nothing in memory that matters: a new
 * adapter over the same directories finds every instance again.
 *
 * @example
 * const kvm = createKvmHypervisor({ runDir, stateDir, logDir, listenAddress: '10.0.0.1', uidBase: 200_000, clock: systemClock, log });
 * await kvm.start({ spec, disks, nics }, context);
 */
export function createKvmHypervisor(options: KvmOptions): Hypervisor {
  const qemuPath = options.qemuPath ?? 'qemu-system-x86_64';
  const files: KvmParts['files'] = (instance) => instanceFiles(options.runDir, options.logDir, instance);
  const parts: KvmParts = {
    ...options,
    qemuPath,
    serialLines: createSerialLines(files, options.log),
    qmp: createQmpPool(),
    exclusively: createKeyedMutex(),
    facts: createQemuFacts(qemuPath),
    files,
  };
  return {
    name: 'kvm',
    async probe() {
      try {
        const version = await parts.facts.version();
        const { accelerator } = await probeAccelerator(parts);
        return { version, accelerator, problem: null };
      } catch (error) {
        return { version: '', accelerator: null, problem: GantryError.from(error).message };
      }
    },
    requireUsable: () => parts.facts.requireUsable(),
    list: () => listInstances(parts),
    start: (request, context) => startInstance(parts, request, context),
    stop: (instance, timeoutSeconds, context) => stopInstance(parts, instance, timeoutSeconds, context),
    nicWish: (instance) => ({ kind: 'tap', ownerUid: instanceUid(parts.uidBase, instance) }),
    async reset(instance) {
      await requireInstance(parts, instance);
      await parts.qmp.use(parts.files(instance), (qmp) => qmp.execute('system_reset'));
      return { changed: true };
    },
    resume: (instance) => resumeInstance(parts, instance),
    consoles: {
      places: (instance) => readConsole(parts, instance),
      open: {
        serial: async (instance) => openSerialLine(await readConsole(parts, instance), instance.name),
        vnc: async (instance) => openVnc(await readConsole(parts, instance), instance.name),
      },
    },
    migration: {
      accept: (request, _sourceAddress, listenAddress) => acceptMigration(parts, request, listenAddress),
      send: (params, context) => sendMigration(parts, params, context),
      finish: (instance, role, success) => finishMigration(parts, instance, role, success),
    },
    verify: () => verifyHost(parts),
    tend: () => tendInstances(parts),
    close: () => parts.serialLines.close(),
  };
}
