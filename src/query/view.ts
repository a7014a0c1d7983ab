import type { Job, LockLevel } from '../model/index.ts';
import type { InstanceRuntime, NodeInfo } from '../rpc/index.ts';
import type { ConfigSnapshot } from '../store/index.ts';

/** What nodes reported last. A query reads this and never asks a node. */
export interface LiveView {
  /** Grows with every change of what is remembered; caches of derived data key on it. */
  readonly version: number;
  /** Newest report of a node, or undefined when it never answered; `stale` when its last answer is too old to be believed. */
  node(uuid: string): { readonly info: NodeInfo; readonly at: number; readonly stale: boolean } | undefined;
  /** Where an instance was last seen, and how. */
  instance(uuid: string): { readonly runtime: InstanceRuntime; readonly node: string; readonly at: number } | undefined;
}

/** A row of the lock table, as `gantry cluster locks` and RAPI's query show it. */
export interface LockRow {
  /** `instance/web1` */
  readonly name: string;
  readonly mode: 'exclusive' | 'shared' | null;
  /** Jobs that hold it, and jobs that wait for it, in order. */
  readonly owners: readonly number[];
  readonly pending: readonly { readonly job: number; readonly mode: 'exclusive' | 'shared' }[];
  readonly level: LockLevel;
}

/** The job queue as queries see it. */
export interface JobsView {
  /** Jobs that are not archived. */
  list(): readonly Job[];
  locks(): readonly LockRow[];
  /** A job that is not archived, with what it waits for in words; undefined when there is none. */
  present(id: number): { readonly waitingFor: readonly string[] } | undefined;
}

/** The configuration alone, as every program has it that follows it. */
export interface ConfigView {
  readonly config: ConfigSnapshot;
}

/** What every query looks at: one snapshot of the configuration, and what the program that answers knows beside it. */
export interface View extends ConfigView {
  /** Whether the one who asks may see this object of a kind; left out: he may see everything. */
  readonly visible?: ((kind: string, item: unknown) => boolean) | undefined;
  readonly live: LiveView;
  readonly jobs: JobsView;
}
