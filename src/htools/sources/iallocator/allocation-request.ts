import type { InstanceData } from '../../../placement/index.ts';

/** A new instance that is to be placed; it has no nodes yet. */
export interface WantedInstance {
  readonly instance: InstanceData;
  /** How many nodes are asked for: 2 for a template with a copy on a secondary node. */
  readonly requiredNodes: number;
  /** Name or UUID of the only group that comes into question. */
  readonly group?: string | undefined;
}

export type EvacuationMode = 'primary-only' | 'secondary-only' | 'all';

/** What Ganeti asks an instance allocator. Instances, nodes and groups are positions in the cluster data. */
export type AllocationRequest =
  | ({
      readonly type: 'allocate' /** Names of the only nodes that come into question. */;
      readonly restrictToNodes?: readonly string[] | undefined;
    } & WantedInstance)
  | { readonly type: 'multi-allocate'; readonly wanted: readonly WantedInstance[] }
  | { readonly type: 'relocate'; readonly instance: number; readonly requiredNodes: number; readonly relocateFrom: readonly number[] }
  | { readonly type: 'node-evacuate'; readonly instances: readonly number[]; readonly mode: EvacuationMode }
  | { readonly type: 'change-group'; readonly instances: readonly number[]; readonly targetGroups: readonly number[] }
  | { readonly type: 'allocate-secondary'; readonly instance: number };
