import type { ClusterData, GroupData, InstanceData, InstancePolicy, InstanceSpec, NodeData } from '../../../placement/index.ts';

/** A cluster in the text format of Ganeti's tools, as `-S` and hscan save it (source: htools(1), option -t). */
export function formatText(cluster: ClusterData): string {
  const { groups, nodes, instances, tags, ipolicy } = cluster;
  const sections = [
    groups.map(groupLine),
    nodes.map((node) => nodeLine(node, groups[node.group]?.uuid ?? '')),
    instances.map((instance) => instanceLine(instance, nodes)),
    tags,
    [policyLine('', ipolicy), ...groups.map((group) => policyLine(group.name, group.ipolicy))],
  ];
  return sections.map((lines) => lines.map((line) => `${line}\n`).join('')).join('\n');
}

function groupLine({ name, uuid, allocPolicy, tags, networks }: GroupData): string {
  return [name, uuid, allocPolicy, tags.join(','), networks.join(',')].join('|');
}

function nodeLine(node: NodeData, group: string): string {
  const role = node.master ? 'M' : 'N';
  return [
    node.name,
    node.totalMemory.toFixed(0),
    node.nodeMemory,
    node.freeMemory,
    node.totalDisk.toFixed(0),
    node.freeDisk,
    node.totalCpu.toFixed(0),
    node.offline ? 'Y' : role,
    group,
    node.totalSpindles,
    node.tags.join(','),
    yesNo(node.exclusiveStorage),
    node.freeSpindles,
    node.nodeCpu,
    pointed(node.cpuSpeed),
  ].join('|');
}

function instanceLine(instance: InstanceData, nodes: readonly NodeData[]): string {
  return [
    instance.name,
    instance.memory,
    instance.disk,
    instance.vcpus,
    instance.status,
    yesNo(instance.autoBalance),
    nodes[instance.primary]?.name ?? '',
    nodes[instance.secondary]?.name ?? '',
    instance.diskTemplate,
    instance.tags.join(','),
    instance.spindleUse,
    totalSpindles(instance) ?? '-',
    yesNo(instance.forthcoming),
  ].join('|');
}

/** Undefined as soon as one disk does not say. */
function totalSpindles({ disks }: InstanceData): number | undefined {
  let total = 0;
  for (const { spindles } of disks) {
    if (spindles === undefined) return undefined;
    total += spindles;
  }
  return total;
}

function policyLine(owner: string, policy: InstancePolicy): string {
  const ranges = policy.ranges.flatMap(({ min, max }) => [specText(min), specText(max)]);
  const { std, diskTemplates, vcpuRatio, spindleRatio, memoryRatio } = policy;
  const usual = [owner, specText(std), ranges.join(';'), diskTemplates.join(','), scientific(vcpuRatio), scientific(spindleRatio)];
  return (memoryRatio === undefined ? usual : [...usual, scientific(memoryRatio)]).join('|');
}

const specText = ({ memory, vcpus, disk, diskCount, nicCount, spindleUse }: InstanceSpec): string =>
  [memory, vcpus, disk, diskCount, nicCount, spindleUse].join(',');

const yesNo = (value: boolean): string => (value ? 'Y' : 'N');

/** The shortest digits, always with a point and never with an exponent. */
function pointed(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return text.includes('.') ? text : `${text}.0`;
  const [digits = '', exponent = '0'] = text.split('e');
  const places = Math.max(1, (digits.split('.')[1]?.length ?? 0) - Number(exponent));
  return value.toFixed(Math.min(100, places));
}

/** As `pointed`, with an exponent below 0.1 and from ten million on: the way Ganeti's language shows numbers. */
function scientific(value: number): string {
  if (value === 0 || (value >= 0.1 && value < 1e7)) return pointed(value);
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  return `${digits.includes('.') ? digits : `${digits}.0`}e${Number(exponent)}`;
}
