import { type ClusterData, type InstanceData, type NodeData, noNode } from '../cluster/cluster-data.ts';
import { defaultPolicy } from '../cluster/default-policy.ts';

const node: Omit<NodeData, 'name'> = {
  group: 0,
  totalMemory: 65_536,
  nodeMemory: 1024,
  freeMemory: 64_512,
  totalDisk: 1_048_576,
  freeDisk: 1_048_576,
  totalCpu: 16,
  nodeCpu: 1,
  cpuSpeed: 1,
  offline: false,
  master: false,
  totalSpindles: 0,
  freeSpindles: 0,
  exclusiveStorage: false,
  tags: [],
};

const instance: Omit<InstanceData, 'name' | 'primary'> = {
  memory: 2048,
  disk: 10_240,
  disks: [{ size: 10_240 }],
  vcpus: 1,
  status: 'running',
  autoBalance: true,
  secondary: noNode,
  diskTemplate: 'drbd',
  spindleUse: 1,
  tags: [],
  nics: [],
  forthcoming: false,
};

export type SampleNode = Partial<NodeData> & Pick<NodeData, 'name'>;
export type SampleInstance = Partial<InstanceData> & Pick<InstanceData, 'name' | 'primary'>;

/** A small cluster for tests: nodes and instances with usual sizes where nothing else is said. */
export function sampleCluster(
  nodes: readonly SampleNode[],
  instances: readonly SampleInstance[],
  more: Partial<ClusterData> = {},
): ClusterData {
  const groupCount = Math.max(0, ...nodes.map(({ group = 0 }) => group)) + 1;
  const groups = Array.from({ length: groupCount }, (_, group) => ({
    uuid: `uuid-group${group + 1}`,
    name: `group${group + 1}`,
    allocPolicy: 'preferred' as const,
    networks: [],
    ipolicy: defaultPolicy,
    tags: [],
  }));
  const used = (n: number) =>
    instances.filter(({ primary }) => primary === n).reduce((sum, one) => sum + (one.memory ?? instance.memory), 0);
  return {
    groups,
    nodes: nodes.map((one, n) => ({ ...node, freeMemory: node.freeMemory - used(n), ...one })),
    instances: instances.map((one) => ({ ...instance, ...one })),
    tags: [],
    ipolicy: defaultPolicy,
    ...more,
  };
}
