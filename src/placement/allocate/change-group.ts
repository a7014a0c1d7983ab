import { requiredNodes } from '../../model/disk-templates/catalogue.ts';
import { noNode } from '../cluster/cluster-data.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { allocate } from './allocate.ts';
import { type AllocatorOptions, createAllocator, stage } from './allocator.ts';
import { type Evacuation, evacuateInstance } from './evacuate.ts';
import { nodesOfGroup } from './group-score.ts';

export interface ChangedGroups {
  /** May be another state than the given one, because it was enlarged. */
  readonly state: ClusterState;
  readonly evacuations: readonly Evacuation[];
}

/**
 * Moves instances to other groups, each to the one where a new instance like it would be placed best.
 * @param targets positions of the groups that may be used; none: all groups that no instance has to leave
 */
export function changeGroup(
  given: ClusterState,
  instances: readonly number[],
  targets: readonly number[],
  options: Partial<AllocatorOptions>,
): ChangedGroups {
  let state = given;
  const groupOf = (i: number) => state.nodes.group[state.instances.primary[i] as number] as number;
  const left = new Set(instances.map(groupOf));
  const groups = (targets.length > 0 ? targets : [...state.data.groups.keys()]).filter((group) => !left.has(group));
  const evacuations = instances.map((i): Evacuation => {
    const instance = state.data.instances[i];
    if (!instance) throw new Error(`there is no instance ${i}`);
    const allocator = createAllocator(state, options);
    const copy = stage(allocator, { ...instance, primary: -1, secondary: -1 });
    const { rules } = allocator.search;
    // The copy represents the instance during the search for a place.
    rules?.place(i, noNode, noNode);
    const { place, group, log } = allocate(allocator, copy, { requiredNodes: requiredNodes(instance.diskTemplate), groups });
    state = allocator.state;
    rules?.place(i, state.instances.primary[i] as number, state.instances.secondary[i] as number);
    if (!place || group === undefined) return { instance: i, failure: log.join(', ') };
    const online = nodesOfGroup(state, group).filter((n) => state.nodes.offline[n] === 0);
    return evacuateInstance(state, i, 'all', group, online, { force: false, rules });
  });
  return { state, evacuations };
}
