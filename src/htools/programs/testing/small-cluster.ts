import { type DiskTemplate, diskTemplates, requiredNodes, usesLocalStorage } from '../../../model/disk-templates/catalogue.ts';
import { runProgram } from '../../command/run-program.ts';

/** A cluster for tests, as far as it is not usual: nodes of 32 GiB, instances of 2 GiB with a disk of 10 GiB. */
export interface SmallCluster {
  readonly nodes: readonly SmallNode[];
  readonly instances: readonly SmallInstance[];
  readonly tags?: readonly string[];
}

export interface SmallNode {
  readonly name: string;
  readonly tags?: readonly string[];
  readonly master?: boolean;
  /** Number of its node group; 1 when not said. */
  readonly group?: number;
}

export interface SmallInstance {
  readonly name: string;
  readonly template: DiskTemplate;
  readonly primary: string;
  readonly secondary?: string;
  readonly memory?: number;
  /** What its node has less because of it; all of it when not said. */
  readonly used?: number;
  readonly tags?: readonly string[];
}

const total = 32_768;
const own = 1024;
const disk = 10_240;
const storage = 1_048_576;

const memoryOf = ({ memory = 2048 }: SmallInstance): number => memory;

function freeOf({ instances }: SmallCluster, { name }: SmallNode): { memory: number; disk: number } {
  const primaries = instances.filter(({ primary }) => primary === name);
  const stored = instances.filter((one) => usesLocalStorage(one.template) && (one.primary === name || one.secondary === name));
  return {
    memory: total - own - primaries.reduce((sum, one) => sum + (one.used ?? memoryOf(one)), 0),
    disk: storage - stored.length * disk,
  };
}

const uuidOf = ({ group = 1 }: SmallNode): string => `uuid-${group}`;
const groupsOf = ({ nodes }: SmallCluster): number[] => [...new Set(nodes.map(({ group = 1 }) => group))].sort();

/** In the text format. */
export function textOf(cluster: SmallCluster): string {
  const nodes = cluster.nodes.map((node) => {
    const { memory, disk: room } = freeOf(cluster, node);
    return [node.name, total, own, memory, storage, room, 16, node.master ? 'M' : 'N', uuidOf(node), 1, (node.tags ?? []).join(',')].join(
      '|',
    );
  });
  const instances = cluster.instances.map((one) => {
    const { name, primary, secondary = '', template, tags = [] } = one;
    return [name, memoryOf(one), disk, 1, 'running', 'Y', primary, secondary, template, tags.join(','), 1].join('|');
  });
  return [
    ...groupsOf(cluster).map((group) => `group${group}|uuid-${group}|preferred||`),
    '',
    ...nodes,
    '',
    ...instances,
    '',
    ...(cluster.tags ?? []),
    '',
  ].join('\n');
}

const spec = (memory: number, size: number, others: number) => ({
  'memory-size': memory,
  'disk-size': size,
  'cpu-count': others,
  'disk-count': others,
  'nic-count': others,
  'spindle-use': others,
});

const policy = {
  minmax: [{ min: spec(1, 1, 0), max: spec(65_536, storage, 16) }],
  std: spec(2048, disk, 1),
  'disk-templates': diskTemplates,
  'vcpu-ratio': 8,
  'spindle-ratio': 64,
};

const usualGroup = { alloc_policy: 'preferred', networks: [], ipolicy: policy, tags: [] };

const described = (template: DiskTemplate, memory: number, tags: readonly string[]) => ({
  disk_template: template,
  disks: [{ size: disk, mode: 'rw', spindles: null }],
  disk_space_total: disk,
  memory,
  vcpus: 1,
  tags,
  spindle_use: 1,
  nics: [],
  admin_state: 'up',
});

/** What Ganeti hands to its instance allocator. */
export function requestOf(cluster: SmallCluster, request: object): object {
  const nodes = cluster.nodes.map((node) => {
    const free = freeOf(cluster, node);
    return {
      group: uuidOf(node),
      offline: false,
      drained: false,
      vm_capable: true,
      ndparams: { exclusive_storage: false, spindle_count: 1, cpu_speed: 1 },
      tags: node.tags ?? [],
      total_memory: total,
      reserved_memory: own,
      free_memory: free.memory,
      total_disk: storage,
      free_disk: free.disk,
      total_spindles: 0,
      free_spindles: 0,
      total_cpus: 16,
      reserved_cpus: 1,
    };
  });
  const instances = cluster.instances.map((one) => ({
    ...described(one.template, memoryOf(one), one.tags ?? []),
    nodes: [one.primary, ...(one.secondary === undefined ? [] : [one.secondary])],
  }));
  return {
    version: 2,
    enabled_hypervisors: ['kvm'],
    cluster_tags: cluster.tags ?? [],
    ipolicy: policy,
    nodegroups: Object.fromEntries(groupsOf(cluster).map((group) => [`uuid-${group}`, { ...usualGroup, name: `group${group}` }])),
    nodes: Object.fromEntries(cluster.nodes.map(({ name }, n) => [name, nodes[n]])),
    instances: Object.fromEntries(cluster.instances.map(({ name }, i) => [name, instances[i]])),
    request,
  };
}

/** A request to place a new instance. */
export const allocation = (name: string, template: DiskTemplate, tags: readonly string[] = []): object => ({
  type: 'allocate',
  name,
  ...described(template, 2048, tags),
  required_nodes: requiredNodes(template),
});

/** A request to move all instances off a node. */
export const evacuation = (instances: readonly string[], mode: 'primary-only' | 'secondary-only' | 'all'): object => ({
  type: 'node-evacuate',
  instances,
  evac_mode: mode,
});

/** Runs a program as its command would, and collects what it prints. */
export async function runQuietly(
  name: Parameters<typeof runProgram>[0],
  ...words: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const printed = { out: '', err: '' };
  const io = { out: (text: string) => void (printed.out += text), err: (text: string) => void (printed.err += text), watched: false };
  return { code: await runProgram(name, words, io), ...printed };
}
