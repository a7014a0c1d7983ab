import type { PreparedInstance } from '../cluster/prepare-cluster.ts';
import { unallocated } from '../state/add-primary.ts';
import { admitPrimary } from '../state/admit.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { failMode } from '../state/fail-mode.ts';
import { writeInstance } from '../state/instance-columns.ts';

/** Rows behind the last instance: what must fit on every node before nodes go, and lest nodes come. */
export const spareRows = 2;
export const targetRow = (state: ClusterState): number => state.instanceCount;
export const minimalRow = (state: ClusterState): number => state.instanceCount + 1;

/** Fills the spare rows with so many times the cluster's standard instance, rounded down, on disks that all nodes reach. */
export function writeSpareRows(state: ClusterState, targetResources: number, minimalResources: number): void {
  const { std } = state.data.ipolicy;
  [targetResources, minimalResources].forEach((factor, row) => {
    const times = (amount: number) => Math.floor(factor * amount);
    const instance: PreparedInstance = {
      name: 'standard',
      alias: 'standard',
      memory: times(std.memory),
      disk: 0,
      disks: [],
      vcpus: times(std.vcpus),
      status: 'running',
      autoBalance: false,
      primary: -1,
      secondary: -1,
      diskTemplate: 'ext',
      spindleUse: times(std.spindleUse),
      tags: [],
      nics: [],
      forthcoming: false,
      movable: false,
      exclusionTags: [],
      desiredLocationTags: [],
    };
    writeInstance(state.instances, state.instanceCount + row, instance);
  });
}

/** Whether each node, those that are off included, could take the instance of a spare row, as Ganeti asks it. */
export function roomEverywhere(state: ClusterState, row: number): boolean {
  for (let n = 0; n < state.nodeCount; n++) if (admitPrimary(state, n, row, false) !== failMode.none) return false;
  return true;
}

/** Free memory or processors of all online nodes together do not even suffice for the sum: no moves can help. */
export function roomImpossible(state: ClusterState, row: number, stranded: { memory: number; vcpus: number }): boolean {
  const { nodes, instances, scope } = state;
  let memory = -stranded.memory;
  let vcpus = -stranded.vcpus;
  for (const n of scope) {
    if (nodes.offline[n] === 1) continue;
    memory += unallocated(state, n) - (instances.memory[row] as number);
    vcpus +=
      (nodes.vcpuRatio[n] as number) * (nodes.totalCpu[n] as number) - (nodes.usedCpu[n] as number) - (instances.vcpus[row] as number);
  }
  return memory < 0 || vcpus < 0;
}
