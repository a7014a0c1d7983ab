import type { ClusterData } from '../cluster/cluster-data.ts';
import type { RoomCheck } from './room-check.ts';

/**
 * Room by memory and processors: what needs most memory goes first, to the first of its candidates that has enough. Those with
 * one candidate go before all others. Disks need no room: a replica is there already, or storage is elsewhere.
 */
export function firstFit({ nodes, instances, groups }: ClusterData): RoomCheck {
  const freeMemory = Float64Array.from(nodes, (node) => node.freeMemory);
  const freeCpu = Float64Array.from(nodes, ({ totalCpu, nodeCpu, group }) => totalCpu * (groups[group]?.ipolicy.vcpuRatio ?? 1) - nodeCpu);
  for (const { primary, vcpus, forthcoming } of instances) {
    if (primary >= 0 && !forthcoming) freeCpu[primary] = (freeCpu[primary] as number) - vcpus;
  }
  return (failed, restarts) => {
    const memory = freeMemory.slice();
    const cpu = freeCpu.slice();
    const needs = (i: number) => instances[i]?.memory ?? 0;
    const order = restarts.toSorted((a, b) => {
      const bound = Number(b.candidates.length === 1) - Number(a.candidates.length === 1);
      return bound || needs(b.instance) - needs(a.instance) || a.instance - b.instance;
    });
    return order.flatMap(({ instance, candidates }) => {
      const { vcpus = 0 } = instances[instance] ?? {};
      const fits = (n: number) => failed[n] === 0 && (memory[n] as number) >= needs(instance) && (cpu[n] as number) >= vcpus;
      const target = candidates.find(fits);
      if (target === undefined) return [instance];
      memory[target] = (memory[target] as number) - needs(instance);
      cpu[target] = (cpu[target] as number) - vcpus;
      return [];
    });
  };
}
