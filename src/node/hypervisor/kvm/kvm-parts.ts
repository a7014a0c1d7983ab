import type { Clock, Log } from '../../../base/index.ts';
import type { KeyedMutex } from '../../../host/index.ts';
import type { InstanceFiles } from './instance-files.ts';
import type { QemuFacts } from './qemu-facts.ts';
import type { QmpPool } from './qmp-pool.ts';
import type { SerialLines } from './serial-lines.ts';

export interface KvmOptions {
  /** Sockets and runtime files; gone after a reboot. At most about 50 characters, for the sockets' sake. */
  readonly runDir: string;
  /** What the accelerator probe found is kept here. */
  readonly stateDir: string;
  /** QEMU's own output, one file for each instance. */
  readonly logDir: string;
  /** Address of the node on which incoming migrations are awaited when a call names none. */
  readonly listenAddress: string;
  /** First of the user ids under which instances run. */
  readonly uidBase: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Default `qemu-system-x86_64`. */
  readonly qemuPath?: string;
}

/** What the files of this adapter share. */
export interface KvmParts extends KvmOptions {
  readonly qemuPath: string;
  readonly qmp: QmpPool;
  readonly serialLines: SerialLines;
  /** Start and clean-up of an instance exclude each other. */
  readonly exclusively: KeyedMutex;
  readonly facts: QemuFacts;
  files(instance: { readonly uuid: string; readonly name: string }): InstanceFiles;
}
