import type { ClusterState } from '../state/cluster-state.ts';
import { nodesOfGroup } from './group-score.ts';
import { createRedundancy, isRedundant } from './redundancy.ts';

/** Positions of the groups in which the instances of any one node would find a place if it failed. */
export function survivingGroups(state: ClusterState, onlineOnly: boolean): number[] {
  return [...state.data.groups.keys()].filter((group) =>
    isRedundant(createRedundancy({ ...state, scope: nodesOfGroup(state, group) }, { groups: [group], onlineOnly })),
  );
}
