import type { ClusterState } from '../state/cluster-state.ts';
import { loadOfNodes, type MeasuredLoad } from './measured-load.ts';
import type { WattsChange } from './squeeze-plan.ts';

/**
 * Watts all nodes take: an online one what it takes idle and, for the part of its processors that is busy, the rest up to
 * what it takes busy. Without measured load nodes count as idle.
 */
export function wattsOf(state: ClusterState, load: MeasuredLoad | undefined): number {
  const cpu = load && loadOfNodes(state, load).cpu;
  return state.data.nodes.reduce((sum, { power, totalCpu, cpuSpeed }, n) => {
    if (!power || state.nodes.offline[n] === 1) return sum;
    const busy = totalCpu > 0 ? Math.min(1, (cpu?.[n] ?? 0) / (totalCpu * cpuSpeed)) : 0;
    return sum + power.idle + busy * (power.busy - power.idle);
  }, 0);
}

export function wattsChange(state: ClusterState, before: number, after: number, nodes: readonly number[]): WattsChange {
  return { saved: before - after, unknown: nodes.filter((n) => state.data.nodes[n]?.power === undefined).length };
}
