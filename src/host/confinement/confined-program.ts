import type { Account } from '../accounts/find-account.ts';

/** A program to confine. What is not granted here it does not get. */
export interface ConfinedProgram {
  /** Of the program; its folder is seen inside the sandbox. */
  readonly path: string;
  readonly limits: ProgramLimits;
  readonly granted: ProgramGrants;
  /** Who it runs as, with which groups; undefined where the caller is not root and so cannot choose. */
  readonly account: (Account & { readonly groups: readonly number[] }) | undefined;
}

export interface ProgramLimits {
  /** MiB of each process. */
  readonly address_space: number;
  /** MiB of all its processes, and of each temporary folder. */
  readonly memory: number;
  readonly processes: number;
  readonly open_files: number;
  /** MiB; with 0 it writes to no file system of the host. */
  readonly file_size: number;
  /** Of one run; undefined for a program that runs on. */
  readonly cpu_seconds?: number | undefined;
}

export interface ProgramGrants {
  /** Names of groups of the host; any of them brings the host's devices. */
  readonly groups: readonly string[];
  /** Without `cap_`. */
  readonly capabilities: readonly string[];
  readonly network: boolean;
  readonly devices: boolean;
}
