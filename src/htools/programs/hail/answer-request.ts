import { moveOpcodes } from '../../../execution/index.ts';
import {
  type Allocation,
  type Allocator,
  type AllocatorOptions,
  allocate,
  allocateDedicated,
  allocatedInstances,
  allocateSecondary,
  type ClusterState,
  changeGroup,
  conflictError,
  createAllocator,
  createState,
  describeRefusals,
  type Evacuation,
  evacuate,
  explainRefusals,
  isDedicated,
  noNode,
  type PreparedCluster,
  type PreparedInstance,
  prepareCluster,
  relocateInstance,
  type StateOptions,
  settle,
  stage,
} from '../../../placement/index.ts';
import type { LocationOf } from '../../location/load-location.ts';
import { formatFixed } from '../../print/format-number.ts';
import type { AllocationRequest, WantedInstance } from '../../sources/iallocator/allocation-request.ts';

export interface AnswerOptions extends Partial<AllocatorOptions> {
  readonly restrictToNodes?: readonly string[] | undefined;
  /** Says for each instance that is to be placed what stands in its way on which nodes. */
  readonly explain?: boolean | undefined;
  /** What `rules` are made of. */
  readonly location?: LocationOf | undefined;
}

/** What Ganeti is told, and the cluster as it would be then. */
export interface Answer {
  readonly success: boolean;
  readonly info: string;
  readonly result: unknown;
  readonly explanations?: readonly string[] | undefined;
  /** Undefined: as it was. */
  readonly after?: { readonly state: ClusterState; readonly instances: readonly PreparedInstance[] } | undefined;
}

/** Decides about one request to an instance allocator. Source: Ganeti's doc/iallocator.rst and hail(1). */
export function answerRequest(cluster: PreparedCluster, request: AllocationRequest, options: AnswerOptions): Answer {
  const conflict = conflictWith(cluster, request, options);
  if (conflict) return refused(conflict);
  const limits = { force: options.ignoreSoftErrors ?? false, rules: evacuates(request) ? options.rules?.(cluster) : undefined };
  switch (request.type) {
    case 'allocate':
      return answerAllocate(cluster, request, request.restrictToNodes, options);
    case 'multi-allocate':
      return answerMultiAllocate(cluster, request.wanted, options);
    case 'relocate': {
      const state = createState(cluster);
      const found = relocateInstance(state, request.instance, request.requiredNodes, request.relocateFrom, limits);
      if ('failure' in found) return refused(found.failure);
      return granted('success', [cluster.nodes[found.node]?.name], state);
    }
    case 'node-evacuate': {
      const state = createState(cluster);
      return answerEvacuation(state, evacuate(state, request.instances, request.mode, limits));
    }
    case 'change-group': {
      const { state, evacuations } = changeGroup(
        createState(cluster, { spareInstances: 1 }),
        request.instances,
        request.targetGroups,
        options,
      );
      return answerEvacuation(state, evacuations);
    }
    default: {
      const { state, secondary, description } = allocateSecondary(cluster, request.instance, options, {}, (score) => formatFixed(score, 8));
      return secondary === undefined ? refused(description) : granted(description, cluster.nodes[secondary]?.name, state);
    }
  }
}

/** Whether instances that are there leave nodes within their group. */
const evacuates = ({ type }: AllocationRequest): boolean => type === 'relocate' || type === 'node-evacuate';

/** What hard rules of location say against each other, with the instances that are to come. */
function conflictWith(cluster: PreparedCluster, request: AllocationRequest, { location }: AnswerOptions): string | undefined {
  if (!location) return undefined;
  const wanted = request.type === 'allocate' ? [request] : request.type === 'multi-allocate' ? request.wanted : [];
  const coming = wanted.map(({ instance }) => ({ ...instance, primary: noNode, secondary: noNode }));
  const whole = prepareCluster({ ...cluster, instances: [...cluster.instances, ...coming] });
  return conflictError(whole, location(whole))?.message;
}

const refused = (info: string): Answer => ({ success: false, info: `Request failed: ${info}`, result: [] });

function granted(info: string, result: unknown, state: ClusterState, instances = instancesOf(state)): Answer {
  return { success: true, info: `Request successful: ${info}`, result, after: { state, instances } };
}

const instancesOf = ({ data, instances }: ClusterState): PreparedInstance[] =>
  data.instances.map((instance, i) => ({
    ...instance,
    primary: instances.primary[i] as number,
    secondary: instances.secondary[i] as number,
  }));

/** Makes ready for placing: all of the cluster counts, or one group alone when that is the only one asked about. */
function allocatorFor(cluster: PreparedCluster, group: number | undefined, options: AnswerOptions): Allocator {
  const stateOptions: StateOptions = { group, spareInstances: 16 };
  return createAllocator(createState(cluster, stateOptions), options);
}

/** @returns undefined when there is no such group */
function groupNamed({ groups }: PreparedCluster, name: string): number | undefined {
  const found = groups.findIndex((group) => group.name === name || group.uuid === name);
  return found < 0 ? undefined : found;
}

const unknownGroup = (name: string) => `there is no node group ${name}`;

function answerAllocate(
  cluster: PreparedCluster,
  wanted: WantedInstance,
  restrictToNodes: readonly string[] | undefined,
  options: AnswerOptions,
): Answer {
  const group = wanted.group === undefined ? undefined : groupNamed(cluster, wanted.group);
  if (wanted.group !== undefined && group === undefined) return refused(unknownGroup(wanted.group));
  const allocator = allocatorFor(cluster, group, options);
  const limits = { ...options, restrictToNodes: options.restrictToNodes ?? restrictToNodes };
  const { allocation, explanations } = placeOne(allocator, wanted, group, limits, isDedicated(cluster, group));
  const info = allocation.log.join(', ');
  if (!allocation.place) return { ...refused(info), explanations };
  return { ...granted(info, nodeNames(cluster, allocation), allocator.state, allocatedInstances(allocator)), explanations };
}

const nodeNames = ({ nodes }: PreparedCluster, { place }: Allocation): (string | undefined)[] =>
  place ? [place.primary, place.secondary].flatMap((n) => (n >= 0 ? [nodes[n]?.name] : [])) : [];

/** Looks for a place, and takes it. */
function placeOne(
  allocator: Allocator,
  { instance, requiredNodes }: WantedInstance,
  group: number | undefined,
  { restrictToNodes, ignoreSoftErrors = false, explain = false }: AnswerOptions,
  dedicated: boolean,
): { readonly allocation: Allocation; readonly explanations: readonly string[] } {
  const wanted = stage(allocator, instance);
  const request = { requiredNodes, group, restrictToNodes };
  const explanations = explain
    ? [`${instance.name}: ${describeRefusals(allocator.state.data, explainRefusals(allocator, wanted, request))}`]
    : [];
  const allocation = dedicated
    ? allocateDedicated(allocator.state, wanted, request, wanted.row + 1, ignoreSoftErrors)
    : allocate(allocator, wanted, request);
  if (allocation.place) settle(allocator, wanted, allocation.place);
  return { allocation, explanations };
}

function answerMultiAllocate(cluster: PreparedCluster, wanted: readonly WantedInstance[], options: AnswerOptions): Answer {
  const names = [...new Set(wanted.map(({ group }) => group))];
  const groups = names.map((name) => (name === undefined ? undefined : groupNamed(cluster, name)));
  const missing = names.find((name, k) => name !== undefined && groups[k] === undefined);
  if (missing !== undefined) return refused(unknownGroup(missing));
  const only = groups.length === 1 ? groups[0] : undefined;
  const dedicated = isDedicated(cluster, only);
  const allocator = allocatorFor(cluster, only, options);
  const placed: [string, (string | undefined)[]][] = [];
  const failed: [string, string][] = [];
  const explanations: string[] = [];
  for (const one of wanted) {
    const group = one.group === undefined ? undefined : groupNamed(cluster, one.group);
    const { allocation, explanations: more } = placeOne(allocator, one, group, options, dedicated);
    explanations.push(...more);
    if (allocation.place) placed.push([one.instance.name, nodeNames(cluster, allocation)]);
    // Ganeti gives up the whole request when an instance finds no place in any group.
    else if (group === undefined) return { ...refused(allocation.log.join(', ')), explanations };
    else failed.push([one.instance.name, allocation.log.join(', ')]);
  }
  const info = `${failed.length} instances failed to allocate and ${placed.length} were allocated successfully`;
  return { ...granted(info, [placed, failed], allocator.state, allocatedInstances(allocator)), explanations };
}

function answerEvacuation(state: ClusterState, evacuations: readonly Evacuation[]): Answer {
  const { nodes, groups, instances } = state.data;
  const name = (i: number) => instances[i]?.name;
  const done = evacuations.flatMap((evacuation) => ('steps' in evacuation ? [evacuation] : []));
  const failed = evacuations.flatMap((evacuation) => ('failure' in evacuation ? [[name(evacuation.instance), evacuation.failure]] : []));
  const moved = done.map(({ instance, group, nodes: to }) => [name(instance), groups[group]?.name, to.map((n) => nodes[n]?.name)]);
  const jobs = done.map(({ instance, steps }) => moveOpcodes(state.data, instance, steps));
  return granted(`${failed.length} instances failed to move and ${moved.length} were moved successfully`, [moved, failed, jobs], state);
}
