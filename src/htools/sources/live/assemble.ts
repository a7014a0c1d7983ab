import { GantryError } from '../../../base/index.ts';
import { validate } from '../../../model/index.ts';
import { type ClusterData, type GroupData, type InstanceData, type NodeData, noNode } from '../../../placement/index.ts';
import { indexNames, type NameIndex } from '../name-index.ts';
import { type LiveGroup, LiveGroups, LiveInfo, type LiveInstance, LiveInstances, LiveNodes } from './live-schemas.ts';
import { toPolicy } from './policy-schema.ts';
import { toNode } from './to-node.ts';

/** A list or record as it came, and where from. */
export interface LivePart {
  readonly value: unknown;
  readonly place: string;
}

export interface LiveParts {
  readonly groups: LivePart;
  readonly nodes: LivePart;
  readonly instances: LivePart;
  readonly info: LivePart;
}

/**
 * The description of a running cluster from what its interfaces answered.
 * @throws INPUT_INVALID, HTOOLS_NODE_SILENT, HTOOLS_REFERENCE_UNKNOWN, HTOOLS_NAME_DUPLICATE, HTOOLS_SAME_NODE
 */
export function assemble(parts: LiveParts): ClusterData {
  const liveGroups = validate(LiveGroups, parts.groups.value, parts.groups.place);
  const groups = liveGroups.map(toGroup);
  const groupIndex = indexNames(
    'group',
    groups.map(({ uuid }) => uuid),
    parts.groups,
  );
  const liveNodes = validate(LiveNodes, parts.nodes.value, parts.nodes.place);
  const nodeIndex = indexNames(
    'node',
    liveNodes.map(({ name }) => name),
    parts.nodes,
  );
  const info = validate(LiveInfo, parts.info.value, parts.info.place);
  const master = nodeIndex.find(info.master, 'the role of the master', parts.info);
  const nodes = liveNodes.map((live, position): NodeData => {
    const group = groupIndex.find(live['group.uuid'], `node ${live.name}`, parts.nodes);
    return { ...toNode(live, group, parts.nodes.place), master: position === master, hypervisor: info.default_hypervisor };
  });
  const instances = validate(LiveInstances, parts.instances.value, parts.instances.place).map((live) =>
    toInstance(live, nodeIndex, parts.instances),
  );
  // Ganeti's has `(ganeti) version …` there.
  const isGantrys = typeof info.vcs_version === 'string' && info.vcs_version.startsWith('(gantry)');
  return { groups, nodes, instances, tags: info.tags, ipolicy: toPolicy(info.ipolicy), ...(isGantrys && { managedBy: 'gantry' as const }) };
}

/** These interfaces do not tell which networks a group is connected to. */
const toGroup = ({ uuid, name, alloc_policy: allocPolicy, ipolicy, tags }: LiveGroup): GroupData => ({
  uuid,
  name,
  allocPolicy,
  networks: [],
  ipolicy: toPolicy(ipolicy),
  tags,
});

function toInstance(live: LiveInstance, nodes: NameIndex, part: LivePart): InstanceData {
  const spindles = live['disk.spindles'] ?? [];
  const { name, pnode } = live;
  const forthcoming = live.forthcoming ?? false;
  const [snode] = live.snodes;
  return {
    name,
    memory: live.memory,
    disk: live.disk_usage,
    disks: live['disk.sizes'].map((size, i) => ({ size, spindles: spindles[i] ?? undefined })),
    vcpus: live.vcpus,
    status: live.status,
    autoBalance: live.auto_balance,
    ...placeInstance(name, pnode ?? '', snode, forthcoming, nodes, part),
    diskTemplate: live.disk_template,
    spindleUse: live.spindle_use,
    tags: live.tags,
    nics: [],
    forthcoming,
  };
}

/** Positions of the nodes of an instance. Only a forthcoming one may have none. */
export function placeInstance(
  name: string,
  pnode: string,
  snode: string | undefined,
  forthcoming: boolean,
  nodes: NameIndex,
  part: Pick<LivePart, 'place'>,
): { primary: number; secondary: number } {
  const owner = `instance ${name}`;
  const primary = pnode === '' && forthcoming ? noNode : nodes.find(pnode, owner, part);
  const secondary = snode === undefined ? noNode : nodes.find(snode, owner, part);
  if (primary === secondary && primary !== noNode)
    throw new GantryError('HTOOLS_SAME_NODE', { place: part.place, instance: name, node: pnode });
  return { primary, secondary };
}
