import type { InstanceData } from '../cluster/cluster-data.ts';
import type { PreparedCluster, PreparedInstance } from '../cluster/prepare-cluster.ts';
import type { RuleBook } from '../location/rule-book.ts';
import { attach, detach } from '../state/attach.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { writeInstance } from '../state/instance-columns.ts';
import { prepareInstance, withInstances } from './add-instances.ts';
import { createRedundancy, noteArrival, noteDeparture, type Redundancy, staysRedundant } from './redundancy.ts';
import { createSearch, noteChange, type Place, type Search, type Wanted } from './search.ts';

export interface AllocatorOptions {
  /** Global N+1 is required: a placement is refused if some instance would have no place after the failure of its node. */
  readonly capacityChecks: boolean;
  /** Policy limits of the primary node and N+1 are ignored. */
  readonly ignoreSoftErrors: boolean;
  /** Offline nodes count in global N+1 too, as for hail; hspace may accept what is there. */
  readonly acceptExisting: boolean;
  /** Groups for which global N+1 is not required. */
  readonly ignoredGroups: readonly number[];
  /** Makes the rules of location for the cluster as it is; asked again when instances were added. */
  readonly rules?: ((cluster: PreparedCluster) => RuleBook) | undefined;
}

export const defaultAllocatorOptions: AllocatorOptions = {
  capacityChecks: true,
  ignoreSoftErrors: false,
  acceptExisting: false,
  ignoredGroups: [],
};

/** Places instance after instance on a state that it keeps. The state belongs to it, and is replaced when it grows. */
export interface Allocator {
  state: ClusterState;
  search: Search;
  redundancy: Redundancy | undefined;
  readonly options: AllocatorOptions;
  /** Rows of the state that are in use. */
  used: number;
  /** Instances that came since the state was made. */
  readonly added: PreparedInstance[];
}

/**
 * @param state with the scope to decide for, and spare rows for new instances; both grow when needed
 *
 * @example
 * const allocator = createAllocator(createState(prepareCluster(data), { spareInstances: 100 }));
 * const wanted = stage(allocator, instance);
 * const { place } = allocate(allocator, wanted, { requiredNodes: 2 });
 * if (place) settle(allocator, wanted, place);
 */
export function createAllocator(state: ClusterState, options: Partial<AllocatorOptions> = {}): Allocator {
  const all = { ...defaultAllocatorOptions, ...options };
  // Rules may name an instance that does not exist yet: they are compiled when it has been added.
  return { ...tools(state, { ...all, rules: undefined }), options: all, used: state.instanceCount, added: [] };
}

function tools(state: ClusterState, options: AllocatorOptions): Pick<Allocator, 'state' | 'search' | 'redundancy'> {
  const { capacityChecks, acceptExisting, ignoredGroups, ignoreSoftErrors, rules } = options;
  const groups = [...new Set([...state.scope].map((n) => state.nodes.group[n] as number))].filter(
    (group) => !ignoredGroups.includes(group),
  );
  return {
    state,
    search: createSearch(state, ignoreSoftErrors, rules?.(state.data)),
    redundancy: capacityChecks ? createRedundancy(state, { groups, onlineOnly: acceptExisting }) : undefined,
  };
}

/** Gives an instance a row without placing it. If the next instance is staged before this one is settled, it takes over the row. */
export function stage(allocator: Allocator, instance: InstanceData): Wanted {
  const prepared = prepareInstance(allocator.state.data, instance);
  const tagged = prepared.exclusionTags.length > 0 || prepared.desiredLocationTags.length > 0;
  const row = allocator.used;
  const { instanceCount, instances } = allocator.state;
  if (isStagedAgain(allocator, prepared)) {
    (allocator.state.data.instances as PreparedInstance[])[row] = prepared;
    writeInstance(instances, row, prepared);
  } else if (tagged || allocator.options.rules || row < instanceCount || row >= instances.primary.length) grow(allocator, prepared);
  else writeInstance(instances, row, prepared);
  return { row, instance: prepared };
}

/**
 * Whether the last staged instance, which was not placed, differs only in its size: then its tags and rules need not be computed
 * again.
 */
function isStagedAgain(
  { state: { data, instanceCount }, options, used }: Allocator,
  { name, diskTemplate, tags }: PreparedInstance,
): boolean {
  if (!options.rules || used !== instanceCount - 1) return false;
  const last = data.instances[used] as PreparedInstance;
  return last.name === name && last.diskTemplate === diskTemplate && last.tags.join() === tags.join();
}

function grow(allocator: Allocator, staged: PreparedInstance): void {
  const { state, options, used, added } = allocator;
  const next = withInstances(state, [...allocatedInstances(allocator), staged], Math.max(16, Math.ceil(used / 4)));
  Object.assign(allocator, tools(next, options));
  added.length = 0;
}

/** All instances, where they are now. */
export function allocatedInstances({ state, added, used }: Allocator): PreparedInstance[] {
  const { data, instances } = state;
  return [...data.instances, ...added].slice(0, used).map((instance, i) => ({
    ...instance,
    primary: instances.primary[i] as number,
    secondary: instances.secondary[i] as number,
  }));
}

/** Puts a staged instance on its place. */
export function settle(allocator: Allocator, wanted: Wanted, { primary, secondary }: Place): void {
  const { state, search, redundancy } = allocator;
  // What was not proven is not proven now either: there is nothing to keep.
  const harmless = redundancy?.proven === true && staysRedundant(redundancy, wanted, search.force);
  attach(state, wanted.row, primary, secondary);
  noteChange(search, primary, secondary);
  search.rules?.place(wanted.row, primary, secondary);
  if (redundancy) noteArrival(redundancy, wanted, primary, harmless);
  if (wanted.row < allocator.used) return;
  allocator.used = wanted.row + 1;
  if (wanted.row >= state.instanceCount) allocator.added.push(wanted.instance);
}

/** Takes an instance off its nodes. Its row is not used again. */
export function withdraw({ state, search, redundancy }: Allocator, row: number): void {
  const primary = state.instances.primary[row] as number;
  const secondary = state.instances.secondary[row] as number;
  detach(state, row);
  state.instances.primary[row] = -1;
  state.instances.secondary[row] = -1;
  noteChange(search, primary, secondary);
  search.rules?.place(row, -1, -1);
  if (redundancy) noteDeparture(redundancy, row, primary);
}
