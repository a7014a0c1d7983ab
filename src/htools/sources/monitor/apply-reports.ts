import {
  type ClusterData,
  type DynamicLoad,
  type InstanceData,
  isOffline,
  isRunning,
  type NodeData,
  usesMemory,
} from '../../../placement/index.ts';
import { byInstance, collectors, type InstanceUse, type MonitorReports, totalCpu, usedMemory, useOfInstances } from './monitor-reports.ts';

/** Which reports are used. */
export interface MonitorUse {
  /** Load of each instance as Xen sees it in place of that of the nodes. */
  readonly xen?: boolean | undefined;
  /** Resident memory of each KVM instance as well. */
  readonly kvmMemory?: boolean | undefined;
}

export interface Measured {
  readonly cluster: ClusterData;
  /** Nodes and instances about which something was missing, so that it was estimated. */
  readonly missing: readonly string[];
}

/** By the name of the instance. */
type Used = ReadonlyMap<string, InstanceUse>;

const unit: DynamicLoad = { cpu: 1, memory: 1, disk: 1, network: 1 };
const bytesPerMebibyte = 2 ** 20;

/**
 * Brings measured loads into a cluster. A node's load is shared out by virtual processors, its own system's included, as
 * Ganeti does. Where Ganeti drops everything because one node is silent, what is missing here is estimated as the
 * average of what was measured; without any measurement nothing changes. Where a node tells what each of its instances
 * uses, that counts, CPU and memory, and only the rest of the node's load is shared out. Where nodes tell how much of
 * their memory is in use, by whatever, the rest is what they have free.
 */
export function applyReports(cluster: ClusterData, reports: MonitorReports, use: MonitorUse): Measured {
  const used = collectUse(reports);
  const cpu = use.xen ? applyInstanceCpu(cluster, reports, used) : applyNodeCpu(cluster, reports, used);
  const resident = new Map(use.kvmMemory ? collect(reports, collectors.instanceMemory) : []);
  for (const [name, { memory }] of used) if (memory !== undefined) resident.set(name, memory);
  const memory = use.kvmMemory || resident.size > 0 ? applyMemory(cpu.cluster, resident) : { cluster: cpu.cluster, missing: [] };
  const free = applyNodeMemory(memory.cluster, reports);
  return { cluster: free.cluster, missing: [...new Set([...cpu.missing, ...memory.missing, ...free.missing])] };
}

function applyNodeCpu(cluster: ClusterData, reports: MonitorReports, used: Used): Measured {
  const { nodes, instances } = cluster;
  const known = new Float64Array(nodes.length);
  for (const { name, primary } of instances) if (known[primary] !== undefined) known[primary] += used.get(name)?.cpu ?? 0;
  const totals = nodes.map(({ name }, n) => {
    const total = totalCpu(reports.get(name) ?? []);
    return total === undefined ? undefined : Math.max(0, total - (known[n] as number));
  });
  const vcpus = usedVcpus(
    nodes,
    instances.filter(({ name }) => used.get(name)?.cpu === undefined),
  );
  let load = 0;
  let processors = 0;
  totals.forEach((total, n) => {
    if (total === undefined) return;
    load += total;
    processors += vcpus[n] as number;
  });
  const missing = nodes.filter(({ offline }, n) => !offline && totals[n] === undefined).map(({ name }) => name);
  if (totals.every((total) => total === undefined) && used.size === 0) return { cluster, missing };
  const average = share(load, processors);
  const perVcpu = totals.map((total, n) => (total === undefined ? average : share(total, vcpus[n] as number)));
  return {
    missing,
    cluster: {
      ...cluster,
      nodes: nodes.map((node, n) => ({ ...node, ownLoad: { ...zero, cpu: node.nodeCpu * (perVcpu[n] as number) } })),
      instances: instances.map((instance) =>
        withCpu(instance, used.get(instance.name)?.cpu ?? instance.vcpus * (perVcpu[instance.primary] ?? average)),
      ),
    },
  };
}

function applyInstanceCpu(cluster: ClusterData, reports: MonitorReports, used: Used): Measured {
  const figures = new Map(collect(reports, collectors.instanceCpu));
  for (const [name, { cpu }] of used) if (cpu !== undefined) figures.set(name, cpu);
  let load = 0;
  let processors = 0;
  for (const { name, vcpus } of cluster.instances) {
    const measured = figures.get(name);
    if (measured === undefined) continue;
    load += measured;
    processors += vcpus;
  }
  const missing = unmeasured(cluster, figures);
  if (figures.size === 0) return { cluster, missing };
  const average = share(load, processors);
  const estimate = ({ status, vcpus }: InstanceData) => (isRunning(status) ? average * vcpus : 0);
  return {
    missing,
    cluster: {
      ...cluster,
      instances: cluster.instances.map((instance) => withCpu(instance, figures.get(instance.name) ?? estimate(instance))),
    },
  };
}

/** The unit of memory load is the memory of an average node. An instance that is not measured counts with its configured size. */
function applyMemory(cluster: ClusterData, figures: ReadonlyMap<string, number>): Measured {
  const missing = unmeasured(cluster, figures);
  if (figures.size === 0) return { cluster, missing };
  const online = cluster.nodes.filter(({ offline }) => !offline);
  const average = share(
    online.reduce((sum, { totalMemory }) => sum + totalMemory, 0),
    online.length,
  );
  const instances = cluster.instances.map((instance) => {
    const bytes = figures.get(instance.name);
    const usedMemory = bytes === undefined ? undefined : Math.ceil(bytes / bytesPerMebibyte);
    const configured = usesMemory(instance.status) ? instance.memory : 0;
    return { ...instance, usedMemory, load: { ...(instance.load ?? unit), memory: share(usedMemory ?? configured, average) } };
  });
  return { missing, cluster: { ...cluster, instances } };
}

/** A node that does not tell keeps what the source says that it has free. */
function applyNodeMemory(cluster: ClusterData, reports: MonitorReports): Measured {
  const used = cluster.nodes.map(({ name }) => usedMemory(reports.get(name) ?? []));
  if (used.every((bytes) => bytes === undefined)) return { cluster, missing: [] };
  const nodes = cluster.nodes.map((node, n) => {
    const bytes = used[n];
    return bytes === undefined
      ? node
      : { ...node, freeMemory: Math.max(0, node.totalMemory - Math.max(0, Math.ceil(bytes / bytesPerMebibyte))) };
  });
  return {
    cluster: { ...cluster, nodes },
    missing: nodes.filter(({ offline }, n) => !offline && used[n] === undefined).map(({ name }) => name),
  };
}

/** Running instances without a figure. */
const unmeasured = ({ instances }: ClusterData, figures: ReadonlyMap<string, number>): string[] =>
  instances.filter(({ name, status }) => isRunning(status) && !figures.has(name)).map(({ name }) => name);

const zero: DynamicLoad = { cpu: 0, memory: 0, disk: 0, network: 0 };
const share = (amount: number, parts: number): number => (parts === 0 ? 0 : amount / parts);
const withCpu = (instance: InstanceData, cpu: number): InstanceData => ({ ...instance, load: { ...(instance.load ?? unit), cpu } });

/** Virtual processors of each node that share its load. */
function usedVcpus(nodes: readonly NodeData[], instances: readonly InstanceData[]): number[] {
  const vcpus = nodes.map(({ nodeCpu }) => nodeCpu);
  for (const { primary, vcpus: wanted, status, forthcoming } of instances) {
    const before = vcpus[primary];
    if (before !== undefined && !forthcoming && !isOffline(status)) vcpus[primary] = before + wanted;
  }
  return vcpus;
}

function collect(reports: MonitorReports, collector: 'xen-cpu-avg-load' | 'kvm-inst-rss'): ReadonlyMap<string, number> {
  const figures = new Map<string, number>();
  for (const list of reports.values()) {
    for (const [name, figure] of Object.entries(byInstance(list, collector) ?? {})) if (!figures.has(name)) figures.set(name, figure);
  }
  return figures;
}

const collectUse = (reports: MonitorReports): Used => new Map([...reports.values()].flatMap((list) => [...useOfInstances(list)]));
