import type { InstanceRuntime, NodeInfo } from '../rpc/index.ts';

/** What the nodes last reported. Queries read this and never call a node themselves. */
export interface LiveState {
  /** Grows with every change of what is remembered; caches of derived data key on it. */
  readonly version: number;
  /** Newest report of a node, or undefined when it never answered; `stale` when its last answer is too old to be believed. */
  node(uuid: string): { readonly info: NodeInfo; readonly at: number; readonly stale: boolean } | undefined;
  /** Where an instance was last seen, and how. */
  instance(uuid: string): { readonly runtime: InstanceRuntime; readonly node: string; readonly at: number } | undefined;
  /** Asks one node now and waits for the answer; errors are recorded as staleness, not thrown. */
  refresh(nodeUuid: string): Promise<void>;
}
