import { join } from 'node:path';
import { boundedFileName, GantryError } from '../../../base/index.ts';

/** Longest path of a unix socket on Linux, in bytes. */
const socketPathLimit = 107;

/**
 * Where the files of an instance lie on its node. Only root enters `directory`. `workDirectory` belongs to the user of
 * the instance and is QEMU's working directory, so that QEMU reaches it by relative names whatever the modes above are;
 * nothing that the agent trusts is kept in it.
 */
export interface InstanceFiles {
  readonly directory: string;
  readonly runtime: string;
  readonly workDirectory: string;
  readonly qmp: string;
  /** QMP for the monitoring agent, which keeps its connection: QEMU serves one on each socket. */
  readonly qmpMonitor: string;
  readonly serial: string;
  readonly serialLog: string;
  readonly log: string;
}

/** Names inside the working directory, as QEMU gets them. */
export const workNames = { qmp: 'qmp', qmpMonitor: 'qmpmon', serial: 'serial', serialLog: 'serial.log', guestAgent: 'agent' } as const;

export function instanceFiles(runDir: string, logDir: string, instance: { uuid: string; name: string }): InstanceFiles {
  const directory = join(runDir, 'instances', instance.uuid);
  const workDirectory = join(directory, 'q');
  return {
    directory,
    runtime: join(directory, 'runtime.json'),
    workDirectory,
    qmp: join(workDirectory, workNames.qmp),
    qmpMonitor: join(workDirectory, workNames.qmpMonitor),
    serial: join(workDirectory, workNames.serial),
    serialLog: join(workDirectory, workNames.serialLog),
    log: join(logDir, 'kvm', boundedFileName(instance.name, '.log')),
  };
}

/** @throws HYPERVISOR_PATH_TOO_LONG */
export function requireShortPaths(files: InstanceFiles): void {
  const path = files.serial;
  if (Buffer.byteLength(path) > socketPathLimit) throw new GantryError('HYPERVISOR_PATH_TOO_LONG', { path, limit: socketPathLimit });
}
