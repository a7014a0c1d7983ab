import type { ClusterData } from '../cluster/cluster-data.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import type { LoadLimits, Thresholds } from './squeeze-options.ts';

/** What instances really use, as far as it was measured; what was not measured counts as nothing used. */
export interface MeasuredLoad {
  /** Processors of usual speed that are kept busy, by instance: on faster nodes fewer are, on slower ones more. */
  readonly cpu: Float64Array;
  /** MiB, by instance: what is in use, or what is configured when that is not known. */
  readonly memory: Float64Array;
}

/** Whether it is known of any instance what it really uses. */
export const isMeasured = ({ instances }: ClusterData): boolean =>
  instances.some(({ load, usedMemory }) => load !== undefined || usedMemory !== undefined);

/** @param state in which the load was measured @returns undefined when nothing was */
export function measuredLoad({ data, nodes }: ClusterState): MeasuredLoad | undefined {
  if (!isMeasured(data)) return undefined;
  const { instances } = data;
  return {
    cpu: Float64Array.from(instances, ({ load, primary }) => (load?.cpu ?? 0) * (nodes.cpuSpeed[primary] ?? 1)),
    memory: Float64Array.from(instances, ({ usedMemory, memory }) => usedMemory ?? memory),
  };
}

/** Whether every online node is below these parts of its processors (by their speed) and of its memory. */
export function loadBelow(
  state: ClusterState,
  load: MeasuredLoad | undefined,
  limits: LoadLimits | undefined,
  which: keyof Thresholds,
): boolean {
  if (!load || !limits) return true;
  const { nodes } = state;
  const { cpu, memory } = loadOfNodes(state, load);
  for (const n of state.scope) {
    if (nodes.offline[n] === 1) continue;
    const power = (nodes.totalCpu[n] as number) * (nodes.cpuSpeed[n] as number);
    if ((cpu[n] as number) > limits.cpu[which] * power) return false;
    if ((memory[n] as number) > limits.memory[which] * (nodes.totalMemory[n] as number)) return false;
  }
  return true;
}

/** Sums by node, with what the nodes' own systems use. */
export function loadOfNodes({ data, nodes, instances, instanceCount }: ClusterState, load: MeasuredLoad): MeasuredLoad {
  const cpu = Float64Array.from(data.nodes, ({ ownLoad }, n) => (ownLoad?.cpu ?? 0) * (nodes.cpuSpeed[n] as number));
  const memory = nodes.nodeMemory.slice();
  for (let i = 0; i < instanceCount; i++) {
    const n = instances.primary[i] as number;
    if (n < 0 || instances.usesMemory[i] === 0) continue;
    cpu[n] = (cpu[n] as number) + (load.cpu[i] as number);
    memory[n] = (memory[n] as number) + (load.memory[i] as number);
  }
  return { cpu, memory };
}
