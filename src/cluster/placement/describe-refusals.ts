import { usesLocalStorage } from '../../model/index.ts';
import { type Allocator, countNodes, type InstanceData, type Refusal, type Wanted } from '../../placement/index.ts';

/** `instance web1 (2048 MiB of memory, 2 virtual processors, 10240 MiB of disk)` */
export function describeNeeds({ name, memory, vcpus, disk }: InstanceData): string {
  const processors = `${vcpus} virtual processor${vcpus === 1 ? '' : 's'}`;
  return `instance ${name} (${memory} MiB of memory, ${processors}${disk > 0 ? `, ${disk} MiB of disk` : ''})`;
}

/**
 * What refused how many nodes, and which, the most frequent reason first: `2 nodes (node1, node2): not enough memory, at most
 * 512 MiB free; 1 node (node3): offline`.
 * @param own by position, why a node was out before the engine was asked
 */
export function describeRefusals(
  allocator: Allocator,
  wanted: Wanted,
  own: readonly (string | null)[],
  refusals: readonly Refusal[],
): string {
  const byReason = new Map<string, number[]>();
  for (const { nodes, reason } of refusals) {
    for (const n of nodes) {
      const text = own[n] ?? reason;
      const others = byReason.get(text);
      if (others) others.push(n);
      else byReason.set(text, [n]);
    }
  }
  if (byReason.size === 0) return 'the cluster has no nodes';
  return [...byReason]
    .sort(([, a], [, b]) => b.length - a.length || (a[0] as number) - (b[0] as number))
    .map(([reason, nodes]) => `${countNodes(allocator.state.data, nodes)}: ${reason}${shortage(allocator, wanted, nodes)}`)
    .join('; ');
}

/** The largest amount that one of the nodes has of a resource that none of them has enough of. */
function shortage({ state: { nodes } }: Allocator, { instance }: Wanted, refused: readonly number[]): string {
  const most = (free: (n: number) => number) => Math.max(0, ...refused.map(free));
  const memory = most((n) => (nodes.room[n] as number) - (nodes.instanceMemory[n] as number));
  const processors = most((n) => (nodes.highCpu[n] as number) - (nodes.usedCpu[n] as number));
  const disk = most((n) => nodes.freeDisk[n] as number);
  if (refused.some((n) => nodes.offline[n] === 1)) return '';
  if (memory < instance.memory) return `, at most ${memory} MiB free`;
  if (usesLocalStorage(instance.diskTemplate) && disk < instance.disk) return `, at most ${disk} MiB of disk free`;
  return processors < instance.vcpus ? `, at most ${processors} left` : '';
}
