import type { ClusterState } from '../../placement/index.ts';
import { formatFixed } from './format-number.ts';
import { printTable } from './print-table.ts';

const titles = ['F', 'Name', 'Pri_node', 'Sec_node', 'Auto_bal', 'vcpu', 'mem', 'dsk', 'lCpu', 'lMem', 'lDsk', 'lNet'];

/** The instances, one row each, where they are in the state. */
export function printInstances(state: ClusterState, positions: readonly number[]): string {
  const { instances, data } = state;
  const load = (column: Float64Array, i: number) => formatFixed(column[i] as number, 3).padStart(5);
  const rows = positions.map((i) => [
    instances.running[i] === 1 ? 'R' : ' ',
    data.instances[i]?.name ?? '',
    data.nodes[instances.primary[i] as number]?.name ?? '',
    data.nodes[instances.secondary[i] as number]?.name ?? '',
    data.instances[i]?.autoBalance ? 'Y' : 'N',
    String(instances.vcpus[i]).padStart(3),
    String(instances.memory[i]).padStart(5),
    String(Math.floor((instances.disk[i] as number) / 1024)).padStart(5),
    load(instances.loadCpu, i),
    load(instances.loadMemory, i),
    load(instances.loadDisk, i),
    load(instances.loadNetwork, i),
  ]);
  return printTable(
    '',
    [titles, ...rows],
    titles.map((_, column) => column > 4),
  );
}
