import { GantryError } from '../../../base/index.ts';
import { validate } from '../../../model/index.ts';
import type { ClusterData } from '../../../placement/index.ts';
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
import { toInstance } from './to-instance.ts';

/** The request of an allocator's input, its names resolved. */
export function parseRequest(request: unknown, type: RequestType, cluster: ClusterData, input: string): AllocationRequest {
  return parsers[type](request, new RequestNames(cluster, `${input}, request`));
}

type RequestType = Message['request']['type'];

const parsers: Readonly<Record<RequestType, (request: unknown, names: RequestNames) => AllocationRequest>> = {
  allocate: (request, { place }) => {
    const wanted = validate(AllocateRequest, request, place);
    return { type: 'allocate', ...toWanted(wanted), restrictToNodes: wanted['restrict-to-nodes'] ?? undefined };
  },
  'multi-allocate': (request, { place }) => {
    const { instances, group_name: group } = validate(MultiAllocateRequest, request, place);
    return { type: 'multi-allocate', wanted: instances.map((wanted) => toWanted(wanted, group ?? undefined)) };
  },
  relocate: (request, names) => {
    const { name, required_nodes: requiredNodes, relocate_from: from } = validate(RelocateRequest, request, names.place);
    return { type: 'relocate', instance: names.instance(name), requiredNodes, relocateFrom: from.map((node) => names.node(node)) };
  },
  'node-evacuate': (request, names) => {
    const { instances, evac_mode: mode } = validate(NodeEvacuateRequest, request, names.place);
    return { type: 'node-evacuate', instances: instances.map((name) => names.instance(name)), mode };
  },
  'change-group': (request, names) => {
    const { instances, target_groups: targets } = validate(ChangeGroupRequest, request, names.place);
    return {
      type: 'change-group',
      instances: instances.map((name) => names.instance(name)),
      targetGroups: targets.map((name) => names.group(name)),
    };
  },
  'allocate-secondary': (request, names) => {
    const { name } = validate(AllocateSecondaryRequest, request, names.place);
    return { type: 'allocate-secondary', instance: names.instance(name) };
  },
};

const toWanted = (wanted: Wanted, group?: string): WantedInstance => ({
  instance: toInstance(wanted.name, wanted),
  requiredNodes: wanted.required_nodes,
  group: wanted.group_name ?? group,
});

/** Positions of what a request names. */
class RequestNames {
  readonly place: string;
  private readonly cluster: ClusterData;

  constructor(cluster: ClusterData, place: string) {
    this.cluster = cluster;
    this.place = place;
  }

  instance(wanted: string): number {
    return this.known(
      'instance',
      wanted,
      this.cluster.instances.findIndex(({ name }) => name === wanted),
    );
  }

  node(wanted: string): number {
    return this.known(
      'node',
      wanted,
      this.cluster.nodes.findIndex(({ name }) => name === wanted),
    );
  }

  /** Groups are named by UUID or by name. */
  group(wanted: string): number {
    return this.known(
      'group',
      wanted,
      this.cluster.groups.findIndex(({ uuid, name }) => uuid === wanted || name === wanted),
    );
  }

  private known(kind: string, name: string, position: number): number {
    if (position < 0) throw new GantryError('HTOOLS_REFERENCE_UNKNOWN', { place: this.place, kind, name, owner: 'the request' });
    return position;
  }
}
