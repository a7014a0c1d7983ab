import type { PreparedCluster } from '../cluster/prepare-cluster.ts';
import { addPrimary, addSecondary, judgeN1 } from './add-primary.ts';
import type { ClusterState } from './cluster-state.ts';
import { instanceColumns } from './instance-columns.ts';
import { nodeColumns } from './node-columns.ts';
import type { StateOptions } from './state-options.ts';
import { createTagTables } from './tag-tables.ts';

/** Builds the state of a cluster as it is. */
export function createState(data: PreparedCluster, options: StateOptions = {}): ClusterState {
  const nodeCount = data.nodes.length;
  const instanceCount = data.instances.length;
  const scope = data.nodes.flatMap(({ group }, n) => (options.group === undefined || options.group === group ? [n] : []));
  const state: ClusterState = {
    data,
    scope: Int32Array.from(scope),
    nodeCount,
    instanceCount,
    nodes: nodeColumns(data, options),
    instances: instanceColumns(data.instances, instanceCount + (options.spareInstances ?? 0)),
    tags: createTagTables(data, options.spareInstances ?? 0),
    peers: new Int32Array(nodeCount * nodeCount),
  };
  settle(state);
  return state;
}

/** Books what the nodes report as used already: only counters that no report contains change. */
function settle(state: ClusterState): void {
  const { nodes, instances, data } = state;
  const reported = { disk: nodes.freeDisk.slice(), diskForth: nodes.freeDiskForth.slice(), spindles: nodes.freeSpindles.slice() };
  const spindlesForth = nodes.freeSpindlesForth.slice();
  const memoryForth = nodes.freeMemoryForth.slice();
  const real = new Float64Array(state.nodeCount);
  for (let i = 0; i < data.instances.length; i++) {
    const primary = instances.primary[i] as number;
    const secondary = instances.secondary[i] as number;
    const forthcoming = instances.forthcoming[i] === 1;
    if (primary >= 0) {
      addPrimary(state, primary, i, secondary);
      if (instances.usesMemory[i] === 0) memoryForth[primary] = (memoryForth[primary] as number) - (instances.memory[i] as number);
      if (forthcoming) reserve(primary, i);
      if (instances.usesMemory[i] === 1)
        real[primary] = (real[primary] as number) + (data.instances[i]?.usedMemory ?? (instances.memory[i] as number));
    }
    if (secondary >= 0) {
      addSecondary(state, secondary, i, primary);
      if (forthcoming) reserve(secondary, i);
    }
  }
  nodes.freeDisk.set(reported.disk);
  nodes.freeSpindles.set(reported.spindles);
  nodes.freeDiskForth.set(reported.diskForth);
  nodes.freeSpindlesForth.set(spindlesForth);
  nodes.freeMemoryForth.set(memoryForth);
  for (let n = 0; n < state.nodeCount; n++) {
    const reportedFree = (data.nodes[n] as { freeMemory: number }).freeMemory;
    // Where it is known what instances really use, that is what the node should have less; else it is what they may use.
    const missing = (nodes.physical[n] as number) - (real[n] as number) - reportedFree;
    nodes.missing[n] = missing;
    nodes.room[n] = (nodes.room[n] as number) - Math.max(0, missing);
    nodes.physical[n] = (nodes.physical[n] as number) - Math.max(0, missing);
    // With over-commitment, what a node reports as free says little about what may still be promised.
    if ((nodes.memoryRatio[n] as number) > 1) {
      const promised = (nodes.room[n] as number) - (nodes.instanceMemory[n] as number);
      nodes.freeMemoryForth[n] = (nodes.freeMemoryForth[n] as number) + promised - reportedFree;
    }
    // From the start as after every move, and as Ganeti 3.1; 3.0 begins with the memory that the node reports as free.
    judgeN1(state, n);
  }

  function reserve(n: number, i: number): void {
    if (instances.local[i] === 1) reported.diskForth[n] = (reported.diskForth[n] as number) - (instances.disk[i] as number);
    if (nodes.exclusive[n] === 0) spindlesForth[n] = 0;
    else spindlesForth[n] = instances.spindles[i] === -1 ? -1 : (spindlesForth[n] as number) - (instances.spindles[i] as number);
  }
}
