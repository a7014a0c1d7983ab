import type { PreparedCluster } from '../cluster/prepare-cluster.ts';
import type { StateOptions } from './state-options.ts';

/**
 * Quantities of the nodes. The first part never changes; the second does with every placement. Those that end in
 * `Forth` count forthcoming instances too, as Ganeti's columns of that name.
 */
export interface NodeColumns {
  readonly group: Int32Array;
  readonly offline: Uint8Array;
  /** Online, and in the scope of the score. */
  readonly counted: Uint8Array;
  readonly exclusive: Uint8Array;
  readonly totalMemory: Float64Array;
  readonly nodeMemory: Float64Array;
  /** Memory for instances: total, less the node's own, less what is missing. */
  readonly room: Float64Array;
  /** Memory that is there for instances: what `room` is without over-commitment. */
  readonly physical: Float64Array;
  /** Instance memory promised per memory that is there; 1: none is promised twice. */
  readonly memoryRatio: Float64Array;
  /** Recorded free less reported free memory, when the data was loaded. */
  readonly missing: Float64Array;
  readonly totalDisk: Float64Array;
  /** Free disk must not fall below this. */
  readonly lowDisk: Float64Array;
  readonly totalCpu: Float64Array;
  readonly cpuSpeed: Float64Array;
  readonly vcpuRatio: Float64Array;
  /** Virtual processors allowed by the policy. */
  readonly highCpu: Float64Array;
  readonly totalSpindles: Float64Array;
  readonly highSpindles: Float64Array;

  readonly instanceMemory: Float64Array;
  /** Memory that instances really use; where that is not known, their size less over-commitment. */
  readonly usedMemory: Float64Array;
  readonly freeDisk: Float64Array;
  readonly usedCpu: Float64Array;
  readonly freeSpindles: Float64Array;
  readonly instanceSpindles: Float64Array;
  /** Most memory that the failure of one other node would bring. */
  readonly reserved: Float64Array;
  readonly failN1: Float64Array;
  readonly primaries: Float64Array;
  readonly secondaries: Float64Array;
  readonly loadCpu: Float64Array;
  readonly loadMemory: Float64Array;
  readonly loadDisk: Float64Array;
  readonly loadNetwork: Float64Array;
  readonly freeMemoryForth: Float64Array;
  readonly freeDiskForth: Float64Array;
  readonly usedCpuForth: Float64Array;
  readonly freeSpindlesForth: Float64Array;
  readonly instanceSpindlesForth: Float64Array;
  /** Primary instances beyond the first, summed over exclusion tags. */
  readonly tagConflicts: Float64Array;
  /** Failure domains shared with their secondary and desired ones not met, summed over primary instances. */
  readonly location: Float64Array;
  /** All columns that change, one behind the other, for saving and restoring nodes. */
  readonly changing: readonly Float64Array[];
}

const changingNames = [
  'instanceMemory',
  'usedMemory',
  'freeDisk',
  'usedCpu',
  'freeSpindles',
  'instanceSpindles',
  'reserved',
  'failN1',
  'primaries',
  'secondaries',
  'loadCpu',
  'loadMemory',
  'loadDisk',
  'loadNetwork',
  'freeMemoryForth',
  'freeDiskForth',
  'usedCpuForth',
  'freeSpindlesForth',
  'instanceSpindlesForth',
  'tagConflicts',
  'location',
] as const;

/** The columns of nodes that have no instances yet. */
export function nodeColumns({ nodes, groups }: PreparedCluster, options: StateOptions): NodeColumns {
  const count = nodes.length;
  const column = (value: (node: (typeof nodes)[number]) => number) => Float64Array.from(nodes, value);
  const policy = (group: number) => groups[group]?.ipolicy;
  const changing = Object.fromEntries(changingNames.map((name) => [name, new Float64Array(count)])) as Record<
    (typeof changingNames)[number],
    Float64Array
  >;
  nodes.forEach((node, n) => {
    changing.freeDisk[n] = node.freeDisk;
    changing.freeDiskForth[n] = node.freeDisk;
    changing.usedCpu[n] = node.nodeCpu;
    changing.usedCpuForth[n] = node.nodeCpu;
    changing.freeSpindles[n] = node.freeSpindles;
    changing.freeSpindlesForth[n] = node.freeSpindles;
    changing.freeMemoryForth[n] = node.freeMemory;
    changing.loadCpu[n] = node.ownLoad?.cpu ?? 0;
    changing.loadMemory[n] = node.ownLoad?.memory ?? 0;
    changing.loadDisk[n] = node.ownLoad?.disk ?? 0;
    changing.loadNetwork[n] = node.ownLoad?.network ?? 0;
  });
  const fixedMemory = options.staticKvmNodeMemory ?? 0;
  const own = column((node) => (fixedMemory > 0 && node.hypervisor === 'kvm' ? fixedMemory : node.nodeMemory));
  const ratio = column((node) => options.maxCpu ?? policy(node.group)?.vcpuRatio ?? 0);
  const extra = column((node) => policy(node.group)?.memoryRatio ?? 1);
  return {
    ...changing,
    changing: changingNames.map((name) => changing[name]),
    group: Int32Array.from(nodes, ({ group }) => group),
    offline: Uint8Array.from(nodes, ({ offline }) => Number(offline)),
    counted: Uint8Array.from(nodes, ({ offline, group }) => Number(!offline && (options.group ?? group) === group)),
    exclusive: Uint8Array.from(nodes, ({ exclusiveStorage }) => Number(exclusiveStorage)),
    totalMemory: column(({ totalMemory }) => totalMemory),
    nodeMemory: own,
    room: Float64Array.from(nodes, (node, n) => Math.trunc((Math.trunc(node.totalMemory) - (own[n] as number)) * (extra[n] as number))),
    physical: Float64Array.from(nodes, ({ totalMemory }, n) => Math.trunc(totalMemory) - (own[n] as number)),
    memoryRatio: extra,
    missing: new Float64Array(count),
    totalDisk: column(({ totalDisk }) => totalDisk),
    lowDisk: column(({ totalDisk }) => Math.floor((options.minDisk ?? 0) * totalDisk)),
    totalCpu: column(({ totalCpu }) => totalCpu),
    cpuSpeed: column(({ cpuSpeed }) => cpuSpeed),
    vcpuRatio: ratio,
    highCpu: Float64Array.from(nodes, ({ totalCpu }, n) => Math.floor((ratio[n] as number) * totalCpu)),
    totalSpindles: column(({ totalSpindles }) => totalSpindles),
    highSpindles: column(({ totalSpindles, group }) => (policy(group)?.spindleRatio ?? 0) * totalSpindles),
  };
}
