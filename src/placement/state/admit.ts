import { nextFreeSpindles, realMemory, unallocated } from './add-primary.ts';
import type { ClusterState } from './cluster-state.ts';
import { type FailMode, failMode } from './fail-mode.ts';

/**
 * Whether a node takes an instance as primary. With `force`, limits that are only policy (N+1, ratios, exclusion tags) are
 * ignored; missing memory, disk and spindles are not. Source: Ganeti's hbal(1), "ALGORITHM", and what its programs decide.
 */
export function admitPrimary(state: ClusterState, n: number, i: number, force: boolean): FailMode {
  const { nodes, instances } = state;
  if (instances.forthcoming[i] === 1) return force ? failMode.none : admitPrimaryForth(state, n, i);
  const free = unallocated(state, n) - (instances.usesMemory[i] === 1 ? (instances.memory[i] as number) : 0);
  if (free <= 0) return failMode.memory;
  if ((nodes.memoryRatio[n] as number) > 1 && instances.usesMemory[i] === 1) {
    if ((nodes.physical[n] as number) - (nodes.usedMemory[n] as number) - realMemory(state, n, i) <= 0) return failMode.memory;
  }
  if (instances.local[i] === 1) {
    const disk = (nodes.freeDisk[n] as number) - (instances.disk[i] as number);
    if (disk <= 0 || (!force && disk < (nodes.lowDisk[n] as number))) return failMode.disk;
    if (nodes.exclusive[n] === 1 && nextFreeSpindles(state, n, i, 1, nodes.freeSpindles[n] as number) < 0) return failMode.spindles;
    if (!force && spindlesWith(state, n, i, nodes.instanceSpindles) > (nodes.highSpindles[n] as number)) return failMode.disk;
  }
  if (force) return failMode.none;
  if (free <= (nodes.reserved[n] as number) && nodes.failN1[n] === 0) return failMode.memory;
  const ratio = nodes.vcpuRatio[n] as number;
  if (ratio >= 0 && ratio < cpusWith(state, n, i, nodes.usedCpu) / (nodes.totalCpu[n] as number)) return failMode.cpu;
  if (excluded(state, n, i)) return failMode.tags;
  return admitPrimaryForth(state, n, i);
}

function admitPrimaryForth(state: ClusterState, n: number, i: number): FailMode {
  const { nodes, instances } = state;
  if ((nodes.freeMemoryForth[n] as number) - (instances.memory[i] as number) <= 0) return failMode.memory;
  if (instances.local[i] === 1) {
    const disk = (nodes.freeDiskForth[n] as number) - (instances.disk[i] as number);
    if (disk <= 0 || disk < (nodes.lowDisk[n] as number)) return failMode.disk;
    if (nodes.exclusive[n] === 1 && nextFreeSpindles(state, n, i, 1, nodes.freeSpindlesForth[n] as number) < 0) return failMode.spindles;
    if (spindlesWith(state, n, i, nodes.instanceSpindlesForth) > (nodes.highSpindles[n] as number)) return failMode.disk;
  }
  const ratio = nodes.vcpuRatio[n] as number;
  if (ratio >= 0 && ratio < cpusWith(state, n, i, nodes.usedCpuForth) / (nodes.totalCpu[n] as number)) return failMode.cpu;
  return failMode.none;
}

/**
 * Whether a node takes an instance as secondary, with `primary` as its primary node. `ignoreDisks` is for a fail-over from
 * a node that is offline: the disks there are what they are.
 */
export function admitSecondary(state: ClusterState, n: number, i: number, primary: number, force: boolean, ignoreDisks: boolean): FailMode {
  const { nodes, instances, peers, nodeCount } = state;
  const needed = instances.reserves[i] === 1 ? (instances.memory[i] as number) : 0;
  if (instances.forthcoming[i] === 1) return force ? failMode.none : admitSecondaryForth(state, n, i, needed);
  if (instances.mirroring[i] !== 1) return failMode.disk;
  const disk = (nodes.freeDisk[n] as number) - (instances.disk[i] as number);
  if (!ignoreDisks && disk <= 0) return failMode.disk;
  if (!force && disk < (nodes.lowDisk[n] as number)) return failMode.disk;
  if (nodes.exclusive[n] === 1 && nextFreeSpindles(state, n, i, 1, nodes.freeSpindles[n] as number) < 0) return failMode.spindles;
  if (force) return failMode.none;
  if (spindlesWith(state, n, i, nodes.instanceSpindles) > (nodes.highSpindles[n] as number)) return failMode.disk;
  const free = unallocated(state, n);
  if (needed >= free) return failMode.memory;
  const reserved = Math.max(nodes.reserved[n] as number, (peers[n * nodeCount + primary] as number) + needed);
  if (free <= reserved && nodes.failN1[n] === 0) return failMode.memory;
  return admitSecondaryForth(state, n, i, needed);
}

function admitSecondaryForth(state: ClusterState, n: number, i: number, needed: number): FailMode {
  const { nodes, instances } = state;
  if (instances.mirroring[i] !== 1) return failMode.disk;
  const disk = (nodes.freeDiskForth[n] as number) - (instances.disk[i] as number);
  if (disk <= 0 || disk < (nodes.lowDisk[n] as number)) return failMode.disk;
  if (nodes.exclusive[n] === 1 && nextFreeSpindles(state, n, i, 1, nodes.freeSpindlesForth[n] as number) < 0) return failMode.spindles;
  if (spindlesWith(state, n, i, nodes.instanceSpindlesForth) > (nodes.highSpindles[n] as number)) return failMode.disk;
  return needed >= (nodes.freeMemoryForth[n] as number) ? failMode.memory : failMode.none;
}

/** Whether an instance may be migrated from one node to another. */
export function admitMigration({ tags, nodeCount }: ClusterState, from: number, to: number): boolean {
  return tags.migration === undefined || tags.migration[from * nodeCount + to] === 1;
}

function excluded({ tags }: ClusterState, n: number, i: number): boolean {
  const { exclusions, onNode, exclusionCount } = tags;
  for (let k = exclusions.start[i] as number; k < (exclusions.start[i + 1] as number); k++) {
    if ((onNode[n * exclusionCount + (exclusions.tags[k] as number)] as number) > 0) return true;
  }
  return false;
}

function spindlesWith({ nodes, instances }: ClusterState, n: number, i: number, used: Float64Array): number {
  return nodes.exclusive[n] === 1 ? 0 : (used[n] as number) + (instances.spindleUse[i] as number);
}

function cpusWith({ instances }: ClusterState, n: number, i: number, used: Float64Array): number {
  return (used[n] as number) + (instances.online[i] === 1 ? (instances.vcpus[i] as number) : 0);
}
