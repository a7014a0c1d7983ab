import type { CommandRunner } from './command-runner.ts';
import type { InstanceSource } from './instance-source.ts';
import type { Notes } from './notes.ts';
import type { ProcFiles } from './proc-files.ts';
import type { RingBuffer } from './ring-buffer.ts';

/** What a collector gets of the world. Everything is handed in, so that tests give other kernels' files and other times. */
export interface CollectorContext {
  /** Monotonic milliseconds; jumps of the wall clock do not show, and all threads agree. For differences only. */
  readonly now: () => number;
  /** Milliseconds since 1970-01-01 UTC as the host believes; may jump. */
  readonly wallTime: () => number;
  /** `/proc`, `/sys` (with both kinds of cgroups) and `/etc`, below a root of choice. */
  readonly files: ProcFiles;
  /** Programs, where there is no other way. */
  readonly commands: CommandRunner;
  /** Folder with the certificates that the agent serves with; `undefined` without TLS. */
  readonly certificates?: string | undefined;
  /** The instances that run on this node. */
  readonly instances: InstanceSource;
  /** Ring buffers that outlive the thread, when it must be replaced because of another collector. */
  readonly histories: Histories;
  /** What must outlive the agent. */
  readonly notes: Notes;
  /**
   * What `make` makes, once in the life of the thread, for all collectors that ask with the same function: for what must
   * outlast the closure of a collector, which goes when a collection takes too long.
   */
  readonly kept: <T>(make: () => T) => T;
}

/** The ring buffers of one collector by names of its choice: an instance, a device. */
export interface Histories {
  /** The one of this name, with its rows if it has been there with the same measures; else a new one. */
  take(name: string, width: number, capacity: number): RingBuffer;
  /** Forgets one: its instance has gone. */
  drop(name: string): void;
}
