import type { ClusterState } from './cluster-state.ts';

/** How the values of the nodes become one number: their standard deviation, their sum, or the cluster's count of conflicts. */
type Statistic = 'deviation' | 'sum' | 'conflicts';

interface ScoreComponent {
  readonly name: string;
  readonly weight: number;
  readonly statistic: Statistic;
  /** Of nodes that are offline, not of those that are online. */
  readonly offline?: boolean;
  readonly value: (state: ClusterState, n: number) => number;
}

/** All components of the score, with the weights and in the order of Ganeti's. Source: hbal(1), and `hbal -vvv`. */
export const scoreComponents: readonly ScoreComponent[] = [
  { name: 'free_mem_cv', weight: 0.5, statistic: 'deviation', value: freeMemory },
  { name: 'free_disk_cv', weight: 0.5, statistic: 'deviation', value: freeDisk },
  { name: 'n1_cnt', weight: 1, statistic: 'sum', value: (state, n) => (state.nodes.failN1[n] === 1 ? instancesOn(state, n) : 0) },
  { name: 'reserved_mem_cv', weight: 1, statistic: 'deviation', value: reservedMemory },
  { name: 'offline_all_cnt', weight: 4, statistic: 'sum', offline: true, value: instancesOn },
  { name: 'offline_pri_cnt', weight: 16, statistic: 'sum', offline: true, value: ({ nodes }, n) => nodes.primaries[n] as number },
  { name: 'vcpu_ratio_cv', weight: 0.5, statistic: 'deviation', value: (state, n) => cpuRatio(state, n, state.nodes.usedCpu) },
  { name: 'cpu_load_cv', weight: 1, statistic: 'deviation', value: ({ nodes }, n) => nodes.loadCpu[n] as number },
  { name: 'mem_load_cv', weight: 1, statistic: 'deviation', value: ({ nodes }, n) => nodes.loadMemory[n] as number },
  { name: 'disk_load_cv', weight: 1, statistic: 'deviation', value: ({ nodes }, n) => nodes.loadDisk[n] as number },
  { name: 'net_load_cv', weight: 1, statistic: 'deviation', value: ({ nodes }, n) => nodes.loadNetwork[n] as number },
  { name: 'pri_tags_score', weight: 2, statistic: 'sum', value: ({ nodes }, n) => nodes.tagConflicts[n] as number },
  { name: 'spindles_cv', weight: 0.5, statistic: 'deviation', value: (state, n) => spindleRatio(state, n, state.nodes.instanceSpindles) },
  {
    name: 'free_mem_cv_forth',
    weight: 0.5,
    statistic: 'deviation',
    value: ({ nodes }, n) => (nodes.freeMemoryForth[n] as number) / (nodes.totalMemory[n] as number),
  },
  { name: 'free_disk_cv_forth', weight: 0.5, statistic: 'deviation', value: freeDiskForth },
  { name: 'vcpu_ratio_cv_forth', weight: 0.5, statistic: 'deviation', value: (state, n) => cpuRatio(state, n, state.nodes.usedCpuForth) },
  {
    name: 'spindles_cv_forth',
    weight: 0.5,
    statistic: 'deviation',
    value: (state, n) => spindleRatio(state, n, state.nodes.instanceSpindlesForth),
  },
  { name: 'location_score', weight: 1, statistic: 'sum', value: ({ nodes }, n) => nodes.location[n] as number },
  { name: 'location_exclusion_score', weight: 1, statistic: 'conflicts', value: () => 0 },
  { name: 'reserved_mem_rtotal', weight: 0.25, statistic: 'sum', value: reservedMemory },
];

/** The components by themselves, in their order, over the nodes of the scope. */
export function scoreValues(state: ClusterState): number[] {
  const { scope } = state;
  const online = scope.filter((n) => state.nodes.offline[n] === 0);
  // Where no node counts there is nothing to judge, as in Ganeti.
  if (online.length === 0) return [];
  const offline = scope.filter((n) => state.nodes.offline[n] === 1);
  return scoreComponents.map(({ statistic, value, offline: counted }) => {
    if (statistic === 'conflicts') return state.tags.domainConflicts[0] as number;
    return (statistic === 'sum' ? sum : deviation)(state, counted ? offline : online, value);
  });
}

/** The score: less is better. Computed from the columns alone, summed in Ganeti's order. */
export function clusterScore(state: ClusterState): number {
  return scoreValues(state).reduce((score, value, k) => score + (scoreComponents[k] as ScoreComponent).weight * value, 0);
}

/** What the reserved memory costs in a cluster that is balanced perfectly: no score is below it. */
export function optimalScore(state: ClusterState): number {
  const { scope } = state;
  if (scope.length < 2) return 0;
  let total = 0;
  let largest = 0;
  let mirrored = 0;
  for (const n of scope) {
    const memory = state.nodes.totalMemory[n] as number;
    total += memory;
    largest = Math.max(largest, memory);
    for (let p = 0; p < state.nodeCount; p++) mirrored += state.peers[n * state.nodeCount + p] as number;
  }
  if (total - largest <= 0) return 0;
  return 0.25 * (mirrored / (total - largest) - mirrored / total);
}

export function freeMemory({ nodes }: ClusterState, n: number): number {
  return ((nodes.room[n] as number) - (nodes.instanceMemory[n] as number)) / (nodes.totalMemory[n] as number);
}

/** Free part of the disk, or of the spindles where storage is exclusive; a node without any counts as free. */
export function freeDisk({ nodes }: ClusterState, n: number): number {
  return nodes.exclusive[n] === 1
    ? share(nodes.freeSpindles[n] as number, nodes.totalSpindles[n] as number)
    : share(nodes.freeDisk[n] as number, nodes.totalDisk[n] as number);
}

function freeDiskForth({ nodes }: ClusterState, n: number): number {
  return nodes.exclusive[n] === 1
    ? share(nodes.freeSpindlesForth[n] as number, nodes.totalSpindles[n] as number)
    : share(nodes.freeDiskForth[n] as number, nodes.totalDisk[n] as number);
}

const share = (free: number, total: number): number => (total === 0 ? 1 : free / total);

function reservedMemory({ nodes }: ClusterState, n: number): number {
  return (nodes.reserved[n] as number) / (nodes.totalMemory[n] as number);
}

function cpuRatio({ nodes }: ClusterState, n: number, used: Float64Array): number {
  return (used[n] as number) / (nodes.totalCpu[n] as number) / (nodes.cpuSpeed[n] as number);
}

function spindleRatio({ nodes }: ClusterState, n: number, used: Float64Array): number {
  return (used[n] as number) / (nodes.highSpindles[n] as number);
}

function instancesOn({ nodes }: ClusterState, n: number): number {
  return (nodes.primaries[n] as number) + (nodes.secondaries[n] as number);
}

function sum(state: ClusterState, scope: Int32Array, value: ScoreComponent['value']): number {
  let total = 0;
  for (let k = 0; k < scope.length; k++) total += value(state, scope[k] as number);
  return total;
}

function deviation(state: ClusterState, scope: Int32Array, value: ScoreComponent['value']): number {
  const mean = sum(state, scope, value) / scope.length;
  let squares = 0;
  for (let k = 0; k < scope.length; k++) {
    const distance = value(state, scope[k] as number) - mean;
    squares += distance * distance;
  }
  return Math.sqrt(squares / scope.length);
}
