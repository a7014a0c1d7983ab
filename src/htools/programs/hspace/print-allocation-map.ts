import type { Capacity, ClusterState } from '../../../placement/index.ts';

/** Where the new instances are: name, nodes, memory, disk, processors and, on exclusive storage, spindles. */
export function printAllocationMap({ data, instances }: ClusterState, { rows, instances: placed }: Capacity): string {
  const exclusive = data.nodes.some(({ exclusiveStorage }) => exclusiveStorage);
  const name = (n: number) => data.nodes[n]?.name ?? '';
  const table = rows.map((row, k) => {
    const { memory, disk, vcpus, disks, name: own = '' } = placed[k] ?? { memory: 0, disk: 0, vcpus: 0, disks: [] };
    const known = disks.every(({ spindles }) => spindles !== undefined);
    const spindles = known ? String(disks.reduce((sum, { spindles: each = 0 }) => sum + each, 0)) : '?';
    const nodes = [name(instances.primary[row] as number), name(instances.secondary[row] as number)];
    return [own, ...nodes, String(memory), String(disk), String(vcpus), exclusive ? spindles : ''];
  });
  const widths = table.reduce((most, cells) => cells.map((cell, c) => Math.max(cell.length, most[c] ?? 0)), [] as number[]);
  return table
    .map(
      (cells) => ` ${cells.map((cell, c) => (c < 3 ? cell.padEnd(widths[c] as number) : cell.padStart(widths[c] as number))).join(' ')}\n`,
    )
    .join('');
}
