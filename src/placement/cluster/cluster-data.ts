import type { DiskTemplate } from '../../model/disk-templates/catalogue.ts';
/**
 * A cluster as a source of data describes it: text file, RAPI, LUXI, iallocator request, simulation or our own
 * configuration. Plain and immutable. References are positions in the lists; order is the order of the source, and
 * decides between equal choices as in Ganeti. Memory and disk are MiB.
 */
export interface ClusterData {
  /** The system that carries out plans, if the source says so; otherwise Ganeti. */
  readonly managedBy?: 'gantry' | undefined;
  readonly groups: readonly GroupData[];
  readonly nodes: readonly NodeData[];
  readonly instances: readonly InstanceData[];
  readonly tags: readonly string[];
  readonly ipolicy: InstancePolicy;
}

export type AllocPolicy = 'preferred' | 'last_resort' | 'unallocable';

export interface GroupData {
  readonly uuid: string;
  readonly name: string;
  readonly allocPolicy: AllocPolicy;
  /** UUIDs of the networks the group is connected to. */
  readonly networks: readonly string[];
  readonly ipolicy: InstancePolicy;
  readonly tags: readonly string[];
}

export interface NodeData {
  readonly name: string;
  /** Position of its group. */
  readonly group: number;
  readonly totalMemory: number;
  /** Memory of the node itself, as recorded. */
  readonly nodeMemory: number;
  /** Free memory, as the node reports it. */
  readonly freeMemory: number;
  /** 0: no storage of its own. */
  readonly totalDisk: number;
  readonly freeDisk: number;
  readonly totalCpu: number;
  /** Virtual processors that the node's own system uses. */
  readonly nodeCpu: number;
  /** Relative speed; 1 is usual. */
  readonly cpuSpeed: number;
  readonly offline: boolean;
  readonly master: boolean;
  readonly totalSpindles: number;
  readonly freeSpindles: number;
  readonly exclusiveStorage: boolean;
  /** Where it can be reached; undefined: by its name. */
  readonly address?: string | undefined;
  /** Undefined when the source does not say. */
  readonly hypervisor?: string | undefined;
  readonly tags: readonly string[];
  /** Measured load of the node's own system, beside that of its instances; undefined when not measured. */
  readonly ownLoad?: DynamicLoad | undefined;
  /** Watts when idle and when all processors are busy, if the node tells. */
  readonly power?: { readonly idle: number; readonly busy: number } | undefined;
}

/** Ganeti's run states of an instance. */
export type InstanceStatus =
  | 'running'
  | 'ERROR_up'
  | 'ERROR_down'
  | 'ERROR_nodedown'
  | 'ERROR_nodeoffline'
  | 'ERROR_wrongnode'
  | 'ADMIN_down'
  | 'ADMIN_offline'
  | 'USER_down';

export interface DiskData {
  readonly size: number;
  /** Undefined when not set. */
  readonly spindles?: number | undefined;
}

export interface NicData {
  /** UUID or name of the network it needs. */
  readonly network?: string | undefined;
}

/** Load of an instance, or capacity of a node, relative to each other. */
export interface DynamicLoad {
  readonly cpu: number;
  readonly memory: number;
  readonly disk: number;
  readonly network: number;
}

/** In place of the position of a secondary node: there is none. */
export const noNode = -1;

export interface InstanceData {
  readonly name: string;
  /** Configured (maximal) memory. */
  readonly memory: number;
  /** Memory really in use, as the balloon or the cgroup tells; undefined when not known. */
  readonly usedMemory?: number | undefined;
  /** All disks together, with what their template adds. */
  readonly disk: number;
  readonly disks: readonly DiskData[];
  readonly vcpus: number;
  readonly status: InstanceStatus;
  readonly autoBalance: boolean;
  /** Position of the node; only a forthcoming instance may have `noNode`. */
  readonly primary: number;
  /** Position of the node, or `noNode`. */
  readonly secondary: number;
  readonly diskTemplate: DiskTemplate;
  readonly spindleUse: number;
  readonly tags: readonly string[];
  readonly nics: readonly NicData[];
  readonly forthcoming: boolean;
  /** False: must stay where it is (excluded by the caller). Templates that cannot move need not say so. */
  readonly movable?: boolean | undefined;
  /** Undefined: one unit of each, as Ganeti has it when nothing was measured. */
  readonly load?: DynamicLoad | undefined;
  /**
   * It represents the resources reserved on the node to which this instance is moving: rules that name the instance apply to
   * both.
   */
  readonly arrivalOf?: string | undefined;
  /** MiB per second written to its disks, which a replication link must carry; undefined when not measured. */
  readonly writeRate?: number | undefined;
}

export interface InstanceSpec {
  readonly memory: number;
  readonly vcpus: number;
  readonly disk: number;
  readonly diskCount: number;
  readonly nicCount: number;
  readonly spindleUse: number;
}

export interface SpecRange {
  readonly min: InstanceSpec;
  readonly max: InstanceSpec;
}

/** Ganeti's instance policy, of the cluster or of a group. */
export interface InstancePolicy {
  readonly ranges: readonly SpecRange[];
  readonly std: InstanceSpec;
  readonly diskTemplates: readonly DiskTemplate[];
  readonly vcpuRatio: number;
  readonly spindleRatio: number;
  /** Instance memory allowed per node memory beyond the node's own; 1 or undefined: none is promised twice. */
  readonly memoryRatio?: number | undefined;
}
