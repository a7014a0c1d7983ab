import type { InstanceData, InstanceStatus } from '../../../placement/index.ts';
import { showList, showString } from '../../print/show-value.ts';
import type { AllocationRequest } from '../../sources/iallocator/allocation-request.ts';

/** A request in the notation that Ganeti's programs use when asked to say much. */
export function describeRequest(request: AllocationRequest): string {
  switch (request.type) {
    case 'allocate':
      return `Allocate (${describeInstance(request.instance)}) (${details(request)}) ${maybe(request.restrictToNodes, (names) => showList(names.map(showString)))}`;
    case 'multi-allocate':
      return `MultiAllocate ${showList(request.wanted.map((wanted) => `(${describeInstance(wanted.instance)},${details(wanted)})`))}`;
    case 'relocate':
      return `Relocate ${request.instance} ${request.requiredNodes} ${showList(request.relocateFrom.map(String))}`;
    case 'node-evacuate':
      return `NodeEvacuate ${showList(request.instances.map(String))} ${modeNames[request.mode]}`;
    case 'change-group':
      return `ChangeGroup ${showList(request.instances.map(String))} ${showList(request.targetGroups.map(String))}`;
    default:
      return `AllocateSecondary ${request.instance}`;
  }
}

const modeNames = { 'primary-only': 'ChangePrimary', 'secondary-only': 'ChangeSecondary', all: 'ChangeAll' } as const;

const maybe = <T>(value: T | undefined, show: (value: T) => string): string => (value === undefined ? 'Nothing' : `(Just ${show(value)})`);

const details = ({ requiredNodes, group }: { requiredNodes: number; group?: string | undefined }): string =>
  `AllocDetails ${requiredNodes} ${maybe(group, showString)}`;

const statusNames: Readonly<Record<InstanceStatus, string>> = {
  running: 'Running',
  ERROR_up: 'ErrorUp',
  ERROR_down: 'ErrorDown',
  ERROR_nodedown: 'NodeDown',
  ERROR_nodeoffline: 'NodeOffline',
  ERROR_wrongnode: 'WrongNode',
  ADMIN_down: 'StatusDown',
  ADMIN_offline: 'StatusOffline',
  USER_down: 'UserDown',
};

/** The quantities of an instance, and where it is. */
export function describeInstance(instance: InstanceData): string {
  const { name, memory, disk, vcpus, status, primary, secondary, autoBalance, diskTemplate, spindleUse, tags } = instance;
  const fields = [
    `name = ${showString(name)}`,
    `mem = ${memory}`,
    `dsk = ${disk}`,
    `vcpus = ${vcpus}`,
    `runSt = ${statusNames[status]}`,
    `pNode = ${primary}`,
    `sNode = ${secondary}`,
    `autoBalance = ${autoBalance ? 'True' : 'False'}`,
    `diskTemplate = ${diskTemplate}`,
    `spindleUse = ${spindleUse}`,
    `allTags = ${showList(tags.map(showString))}`,
  ];
  return `Instance {${fields.join(', ')}}`;
}
