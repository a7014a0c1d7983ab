import type { ProcFiles } from '../../host/light.ts';
import type { CommandRunner } from './command-runner.ts';
import type { InstanceSource } from './instance-source.ts';
import type { Notes } from './notes.ts';
import type { RingBuffer } from './ring-buffer.ts';

/** A collector's access to the host. Everything is passed in, so that tests can provide files of other kernels and other times. */
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
   * The result of `make`, which is called once per thread, for all collectors that pass the same function. Use it for things that
   * must outlive the closure of a collector, which is discarded when a collection takes too long.
   */
  readonly kept: <T>(make: () => T) => T;
}

/** The ring buffers of one collector by names of its choice: an instance, a device. */
export interface Histories {
  /** The buffer of this name, with its rows if it exists with the same size; otherwise a new one. */
  take(name: string, width: number, capacity: number): RingBuffer;
  /** Forgets one: its instance has gone. */
  drop(name: string): void;
}
