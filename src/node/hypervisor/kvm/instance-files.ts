import { join } from 'node:path';
import { boundedFileName, GantryError } from '../../../base/index.ts';
import { nodeFileNames } from '../../../model/index.ts';

/** Longest path of a unix socket on Linux, in bytes. */
const socketPathLimit = 107;

/**
 * Where the files of an instance lie on its node. Only root enters and writes `directory`, where the agent makes the
 * sockets that QEMU gets as descriptors: nothing that the agent opens can be put there by a guest's process.
 */
export interface InstanceFiles {
  readonly directory: string;
  readonly runtime: string;
  /** QEMU's working directory; by it a process is found whose number nobody wrote down. It is root's, too. */
  readonly workDirectory: string;
  readonly qmp: string;
  /** QMP for the monitoring agent, which keeps its connection: QEMU serves one on each socket. */
  readonly qmpMonitor: string;
  readonly guestAgent: string;
  /** QEMU's end of the serial line; the agent holds it. */
  readonly serial: string;
  /** Where the agent serves the serial line. */
  readonly console: string;
  /** The last that came over the serial line, written by the agent; of limited size. */
  readonly serialLog: string;
  readonly vnc: string;
  readonly log: string;
  /** Where an instance has them that an earlier agent started: in a folder of QEMU's user, who may put anything there. */
  readonly old: { readonly qmp: string; readonly serial: string; readonly serialLog: string };
}

/** Name of the VNC socket while QEMU makes it in its working directory. */
export const vncName = 'vnc';

export function instanceFiles(runDir: string, logDir: string, instance: { uuid: string; name: string }): InstanceFiles {
  const directory = join(runDir, nodeFileNames.instances, instance.uuid);
  const workDirectory = join(directory, 'q');
  return {
    directory,
    runtime: join(directory, nodeFileNames.runtime),
    workDirectory,
    qmp: join(directory, 'qmp'),
    qmpMonitor: join(directory, 'qmpmon'),
    guestAgent: join(directory, 'agent'),
    serial: join(directory, 'serial'),
    console: join(directory, 'console'),
    serialLog: join(directory, 'serial.log'),
    vnc: join(directory, vncName),
    log: join(logDir, 'kvm', boundedFileName(instance.name, '.log')),
    old: { qmp: join(workDirectory, 'qmp'), serial: join(workDirectory, 'serial'), serialLog: join(workDirectory, 'serial.log') },
  };
}

/** @throws HYPERVISOR_PATH_TOO_LONG */
export function requireShortPaths(files: InstanceFiles): void {
  const path = draftOf(files.qmpMonitor);
  if (Buffer.byteLength(path) > socketPathLimit) throw new GantryError('HYPERVISOR_PATH_TOO_LONG', { path, limit: socketPathLimit });
}

/** A socket has this name until it is one that is connected to. */
export const draftOf = (path: string): string => `${path}~`;
