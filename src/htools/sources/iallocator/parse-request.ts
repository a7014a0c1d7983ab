import { GantryError } from '../../../base/index.ts';
import { validate } from '../../../model/index.ts';
import type { ClusterData } from '../../../placement/index.ts';
import { indexNames } from '../name-index.ts';
import type { AllocationRequest, WantedInstance } from './allocation-request.ts';
import {
  AllocateRequest,
  AllocateSecondaryRequest,
  ChangeGroupRequest,
  type Message,
  MultiAllocateRequest,
  NodeEvacuateRequest,
  RelocateRequest,
  type Wanted,
} from './iallocator-schemas.ts';
import { toInstance } from './parse-iallocator.ts';

/** The request of an allocator's input, its names resolved. */
export function parseRequest(request: unknown, type: Message['request']['type'], cluster: ClusterData, input: string): AllocationRequest {
  const place = `${input}, request`;
  const owner = 'the request';
  const named = (kind: string, list: readonly { readonly name: string }[]) => {
    const index = indexNames(
      kind,
      list.map(({ name }) => name),
      { place },
    );
    return (name: string) => index.find(name, owner, { place });
  };
  const instance = named('instance', cluster.instances);
  switch (type) {
    case 'allocate': {
      const wanted = validate(AllocateRequest, request, place);
      return { type, ...toWanted(wanted), restrictToNodes: wanted['restrict-to-nodes'] ?? undefined };
    }
    case 'multi-allocate': {
      const { instances, group_name: group } = validate(MultiAllocateRequest, request, place);
      return { type, wanted: instances.map((wanted) => toWanted(wanted, group ?? undefined)) };
    }
    case 'relocate': {
      const { name, required_nodes: requiredNodes, relocate_from: from } = validate(RelocateRequest, request, place);
      return { type, instance: instance(name), requiredNodes, relocateFrom: from.map(named('node', cluster.nodes)) };
    }
    case 'node-evacuate': {
      const { instances, evac_mode: mode } = validate(NodeEvacuateRequest, request, place);
      return { type, instances: instances.map(instance), mode };
    }
    case 'change-group': {
      const { instances, target_groups: targets } = validate(ChangeGroupRequest, request, place);
      return { type, instances: instances.map(instance), targetGroups: targets.map((name) => groupPosition(cluster, name, place)) };
    }
    case 'allocate-secondary':
      return { type, instance: instance(validate(AllocateSecondaryRequest, request, place).name) };
  }
}

const toWanted = (wanted: Wanted, group?: string): WantedInstance => ({
  instance: toInstance(wanted.name, wanted),
  requiredNodes: wanted.required_nodes,
  group: wanted.group_name ?? group,
});

/** Groups are named by UUID or by name. */
function groupPosition({ groups }: ClusterData, wanted: string, place: string): number {
  const position = groups.findIndex(({ uuid, name }) => uuid === wanted || name === wanted);
  if (position < 0) throw new GantryError('HTOOLS_REFERENCE_UNKNOWN', { place, kind: 'group', name: wanted, owner: 'the request' });
  return position;
}
