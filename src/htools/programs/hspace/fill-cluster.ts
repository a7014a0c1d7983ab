import { GantryError } from '../../../base/index.ts';
import { requiredNodes } from '../../../model/disk-templates/catalogue.ts';
import {
  type Allocator,
  type AllocatorOptions,
  allocatedInstances,
  type Capacity,
  type ClusterState,
  createAllocator,
  createState,
  describeRefusals,
  explainRefusals,
  fillTiered,
  fillWith,
  noCapacity,
  type PreparedCluster,
  type PreparedInstance,
  stage,
} from '../../../placement/index.ts';
import type { Settings } from '../../command/settings.ts';

/** The cluster with the instances that found a place. */
export interface Filled {
  readonly state: ClusterState;
  readonly capacity: Capacity;
  /** With rules of location: what stands in the way of one more instance of the first size, node by node. */
  readonly refusals?: string | undefined;
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
  const refusals = rules && sizes[0] && explain(allocator, sizes[0], nodes);
  return { state: { ...allocator.state, data: { ...prepared, instances: allocatedInstances(allocator) } }, capacity, refusals };
}

function explain(allocator: Allocator, size: PreparedInstance, nodes: Int32Array): string {
  const wanted = stage(allocator, size);
  const restrictToNodes = Array.from(nodes, (n) => allocator.state.data.nodes[n]?.name ?? '');
  const request = { requiredNodes: requiredNodes(size.diskTemplate), restrictToNodes };
  return describeRefusals(allocator.state.data, explainRefusals(allocator, wanted, request));
}
