import { GantryError } from '../../../base/index.ts';
import {
  type AllocatorOptions,
  allocatedInstances,
  type Capacity,
  type ClusterState,
  createAllocator,
  createState,
  fillTiered,
  fillWith,
  noCapacity,
  type PreparedCluster,
  type PreparedInstance,
} from '../../../placement/index.ts';
import type { Settings } from '../../command/settings.ts';

/** The cluster with the instances that found a place. */
export interface Filled {
  readonly state: ClusterState;
  readonly capacity: Capacity;
}

export interface FillOptions {
  readonly nodes: Int32Array;
  readonly ignoredGroups: readonly number[];
  readonly rules: AllocatorOptions['rules'];
  /** The cluster is not N+1 as it is: nothing is placed. */
  readonly stopped: boolean;
}

/** Nodes that new instances may come to. @throws ALLOCATION_NODES_MISSING */
export function allocatableNodes({ nodes, scope }: ClusterState, allocatable: (group: number) => boolean, required: number): Int32Array {
  const online = scope.filter((n) => nodes.offline[n] === 0 && allocatable(nodes.group[n] as number));
  const members = Map.groupBy(online, (n) => nodes.group[n] as number);
  return online.filter((n) => (members.get(nodes.group[n] as number)?.length ?? 0) >= required);
}

/** Fills a cluster with instances, of these sizes and downwards (`tiered`), or of just these. */
export function fillCluster(
  prepared: PreparedCluster,
  settings: Settings,
  { nodes, ignoredGroups, rules, stopped }: FillOptions,
  sizes: readonly PreparedInstance[],
  tiered: boolean,
): Filled {
  const { maxCpu, minDisk, capacityChecks, acceptExisting, maxLength } = settings;
  const state = createState(prepared, { maxCpu, minDisk, spareInstances: 256 });
  const capacity = noCapacity();
  if (stopped) return { state, capacity };
  if (nodes.length === 0) throw new GantryError('ALLOCATION_NODES_MISSING');
  const allocator = createAllocator(state, { capacityChecks, acceptExisting, ignoredGroups, rules });
  const limit = maxLength === -1 ? undefined : maxLength;
  for (const size of sizes) {
    if (!tiered) fillWith(allocator, capacity, size, limit, { nodes, capacityChecks });
    else if (limit === undefined || limit > capacity.rows.length) {
      fillTiered(allocator, capacity, size, limit === undefined ? undefined : limit - capacity.rows.length, { nodes, capacityChecks });
    }
  }
  return { state: { ...allocator.state, data: { ...prepared, instances: allocatedInstances(allocator) } }, capacity };
}
