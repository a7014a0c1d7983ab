import type { HypervisorName } from '../model/index.ts';
import type { DiskSpec } from '../rpc/index.ts';

/** Something that must be removed from a node that could not be reached at the time. */
export type Garbage =
  | {
      readonly type: 'disk';
      readonly node: string;
      readonly disk: DiskSpec;
      readonly owner: { readonly uuid: string; readonly name: string };
    }
  | { readonly type: 'instance'; readonly node: string; readonly uuid: string; readonly name: string; readonly hypervisor: HypervisorName };

/**
 * What is left on unreachable nodes, kept in the store and collected when they answer again. Only what an operation
 * wrote here is ever removed; a disk that is merely unknown is reported by `cluster verify` and left alone.
 */
export interface GarbageList {
  /** Remembers it, durably, before the operation forgets it. */
  add(garbage: Garbage): Promise<void>;
  list(): Promise<readonly Garbage[]>;
  /** Removes what the nodes that answer still have. */
  collect(): Promise<void>;
}
