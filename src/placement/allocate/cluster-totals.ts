import { unallocated } from '../state/add-primary.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { clusterScore } from '../state/score.ts';

/** What a cluster has, what is free and what instances use: sums over the nodes of the scope. Memory and disk are MiB. */
export interface ClusterTotals {
  readonly freeMemory: number;
  readonly freeDisk: number;
  readonly freeSpindles: number;
  /** What further instances can have: less what is reserved or must be kept free. */
  readonly availableMemory: number;
  readonly availableDisk: number;
  readonly mostAvailableMemory: number;
  readonly mostAvailableDisk: number;
  readonly instanceMemory: number;
  readonly instanceDisk: number;
  readonly instanceSpindles: number;
  readonly instanceCpus: number;
  readonly totalMemory: number;
  readonly totalDisk: number;
  readonly totalSpindles: number;
  readonly totalCpus: number;
  /** Virtual processors that policies allow. */
  readonly virtualCpus: number;
  /** Virtual processors in use, each as the part of a physical one that its policy makes it. */
  readonly normalisedCpus: number;
  readonly missingMemory: number;
  readonly nodeMemory: number;
  readonly instances: number;
  readonly score: number;
}

export function clusterTotals(state: ClusterState): ClusterTotals {
  const { nodes, scope } = state;
  const sum = (value: (n: number) => number) => scope.reduce((total, n) => total + value(n), 0);
  const most = (value: (n: number) => number) => scope.reduce((largest, n) => Math.max(largest, value(n)), 0);
  const column = (name: keyof typeof nodes) => (n: number) => (nodes[name] as Float64Array)[n] as number;
  const memory = (n: number) => Math.max(0, unallocated(state, n) - (nodes.reserved[n] as number));
  const disk = (n: number) => Math.max(0, (nodes.freeDisk[n] as number) - (nodes.lowDisk[n] as number));
  return {
    freeMemory: sum((n) => unallocated(state, n)),
    freeDisk: sum(column('freeDisk')),
    freeSpindles: sum(column('freeSpindles')),
    availableMemory: sum(memory),
    availableDisk: sum(disk),
    mostAvailableMemory: most(memory),
    mostAvailableDisk: most(disk),
    instanceMemory: sum(column('instanceMemory')),
    instanceDisk: sum((n) => Math.trunc(nodes.totalDisk[n] as number) - (nodes.freeDisk[n] as number)),
    instanceSpindles: sum((n) => (nodes.totalSpindles[n] as number) - (nodes.freeSpindles[n] as number)),
    instanceCpus: sum(column('usedCpu')),
    totalMemory: sum(column('totalMemory')),
    totalDisk: sum(column('totalDisk')),
    totalSpindles: sum(column('totalSpindles')),
    totalCpus: sum(column('totalCpu')),
    virtualCpus: sum(column('highCpu')),
    normalisedCpus: sum((n) => (nodes.usedCpu[n] as number) / (nodes.vcpuRatio[n] as number)),
    missingMemory: sum(column('missing')),
    nodeMemory: sum(column('nodeMemory')),
    instances: sum(column('primaries')),
    score: clusterScore(state),
  };
}
