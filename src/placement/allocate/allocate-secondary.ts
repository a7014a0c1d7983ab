import { noNode } from '../cluster/cluster-data.ts';
import type { PreparedCluster } from '../cluster/prepare-cluster.ts';
import { detach } from '../state/attach.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { createState } from '../state/create-state.ts';
import type { StateOptions } from '../state/state-options.ts';
import { describeFinding, needsProof } from './allocate.ts';
import { type Allocator, type AllocatorOptions, createAllocator, settle } from './allocator.ts';
import { type Finding, findPlace } from './find-place.ts';
import { nodesOfGroup } from './group-score.ts';
import { weighNodes } from './weigh-nodes.ts';

export interface SecondaryAllocation {
  readonly state: ClusterState;
  /** Undefined: there is none, or the instance has one already. */
  readonly secondary: number | undefined;
  readonly description: string;
}

/** The best secondary node for an instance that is to be mirrored. The returned state has it. */
export function allocateSecondary(
  cluster: PreparedCluster,
  i: number,
  options: Partial<AllocatorOptions>,
  stateOptions: StateOptions,
  format: (score: number) => string,
): SecondaryAllocation {
  const instance = cluster.instances[i];
  if (!instance) throw new Error(`there is no instance ${i}`);
  if (instance.secondary >= 0) {
    return { state: createState(cluster, stateOptions), secondary: undefined, description: 'Instance already has a secondary' };
  }
  const mirrored = { ...instance, diskTemplate: 'drbd', primary: -1 } as const;
  const state = createState({ ...cluster, instances: cluster.instances.with(i, mirrored) }, stateOptions);
  giveBack(state, cluster, i, stateOptions);
  const allocator = createAllocator(state, options);
  const rules = options.rules?.(state.data);
  // The primary node is given; rules decide about the secondary.
  rules?.place(i, instance.primary, noNode);
  allocator.search = { ...allocator.search, rules };
  const wanted = { row: i, instance: mirrored };
  const others = nodesOfGroup(state, state.nodes.group[instance.primary] as number).filter((n) => n !== instance.primary);
  if (others.length === 0) return { state, secondary: undefined, description: 'Not enough online nodes' };
  const primaries = Int32Array.of(instance.primary);
  weighNodes(allocator.search, wanted, primaries, others);
  const finding = findPlace(allocator.search, wanted, { primaries, secondaries: others }, { redundancy: proof(allocator, wanted) });
  if (finding.place) settle(allocator, wanted, finding.place);
  return { state, secondary: finding.place?.secondary, description: describe(finding, cluster, format) };
}

const proof = (allocator: Allocator, wanted: Parameters<typeof needsProof>[1]) =>
  needsProof(allocator, wanted) ? allocator.redundancy : undefined;

const describe = (finding: Finding, { nodes }: PreparedCluster, format: (score: number) => string) =>
  describeFinding(finding, nodes, format);

/** While the instance is on no node, the memory that its node reports for it counts as free. */
function giveBack({ nodes }: ClusterState, cluster: PreparedCluster, i: number, stateOptions: StateOptions): void {
  const before = createState(cluster, stateOptions);
  const n = cluster.instances[i]?.primary as number;
  detach(before, i);
  nodes.changing.forEach((column, c) => void (column[n] = (before.nodes.changing[c] as Float64Array)[n] as number));
  nodes.room[n] = before.nodes.room[n] as number;
  nodes.missing[n] = before.nodes.missing[n] as number;
}
