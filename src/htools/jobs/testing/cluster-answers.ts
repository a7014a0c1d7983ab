import type { ClusterData, InstancePolicy, InstanceSpec } from '../../../placement/index.ts';

/** What a master answers to the queries of the programs about this cluster; fields are those of `loadLuxi`, in its order. */
export function clusterAnswers({ groups, nodes, instances, tags, ipolicy }: ClusterData): Readonly<Record<string, unknown>> {
  const name = (n: number) => nodes[n]?.name ?? '';
  const rows = (records: readonly (readonly unknown[])[]) => ({ data: records.map((record) => record.map((value) => [0, value])) });
  return {
    group: rows(groups.map((group) => [group.uuid, group.name, group.allocPolicy, policy(group.ipolicy), group.tags])),
    node: rows(
      nodes.map((node) => [
        node.name,
        ...[node.totalMemory, node.nodeMemory, node.freeMemory, node.totalDisk, node.freeDisk, node.totalCpu, node.nodeCpu],
        ...[node.offline, false, true, node.totalSpindles, groups[node.group]?.uuid, node.tags, node.exclusiveStorage],
        ...[node.totalSpindles, node.freeSpindles, node.cpuSpeed],
      ]),
    ),
    instance: rows(
      instances.map((instance) => [
        ...[instance.name, instance.disk, instance.memory, instance.vcpus, instance.status, name(instance.primary)],
        ...[instance.secondary < 0 ? [] : [name(instance.secondary)], instance.tags, instance.autoBalance, instance.diskTemplate],
        ...[instance.spindleUse, instance.disks.map(({ size }) => size), instance.disks.map(({ spindles = null }) => spindles)],
        instance.forthcoming,
      ]),
    ),
    info: { master: nodes.find(({ master }) => master)?.name ?? '', tags, ipolicy: policy(ipolicy), default_hypervisor: 'fake' },
  };
}

function policy({ ranges, std, diskTemplates, vcpuRatio, spindleRatio }: InstancePolicy): object {
  const minmax = ranges.map(({ min, max }) => ({ min: spec(min), max: spec(max) }));
  return { minmax, std: spec(std), 'vcpu-ratio': vcpuRatio, 'spindle-ratio': spindleRatio, 'disk-templates': diskTemplates };
}

const spec = ({ memory, vcpus, disk, diskCount, nicCount, spindleUse }: InstanceSpec): object => ({
  'memory-size': memory,
  'cpu-count': vcpus,
  'disk-size': disk,
  'disk-count': diskCount,
  'nic-count': nicCount,
  'spindle-use': spindleUse,
});
