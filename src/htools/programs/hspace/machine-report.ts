import { requiredNodes } from '../../../model/disk-templates/catalogue.ts';
import { type ClusterTotals, sortedFailures } from '../../../placement/index.ts';
import { formatFixed, showReal } from '../../print/format-number.ts';
import { printKeys } from '../../print/print-keys.ts';
import { groupBySpec } from './group-by-spec.ts';
import type { Report } from './report.ts';

type Pairs = readonly (readonly [string, string])[];

const keys = (pairs: Pairs): string => printKeys('HTS', pairs);

/** For scripts: the keys of Ganeti's hspace. */
export const machineReport: Report = {
  cluster: (totals, nodes) =>
    keys([
      ['CLUSTER_MEM', formatFixed(totals.totalMemory, 0)],
      ['CLUSTER_DSK', formatFixed(totals.totalDisk, 0)],
      ['CLUSTER_CPU', formatFixed(totals.totalCpus, 0)],
      ['CLUSTER_VCPU', `${totals.virtualCpus}`],
      ['CLUSTER_SPN', formatFixed(totals.totalSpindles, 0)],
      ['CLUSTER_NODES', `${nodes}`],
      ...statistics('INI', totals),
    ]),
  spec: (name, { memory, disk, vcpus, spindles }, template) => {
    const prefix = name === 'Tiered' ? 'TSPEC_INI' : 'SPEC';
    return keys([
      [`${prefix}_MEM`, `${memory}`],
      [`${prefix}_DSK`, `${disk}`],
      [`${prefix}_CPU`, `${vcpus}`],
      [`${prefix}_SPN`, `${spindles}`],
      [`${prefix}_RQN`, `${requiredNodes(template)}`],
      [`${prefix}_DISK_TEMPLATE`, template],
    ]);
  },
  tiered: (before, after, capacity) => {
    const specs = groupBySpec(capacity).map(
      ({ spec: { memory, disk, vcpus, spindles }, count }) => `${memory},${disk},${vcpus},${spindles}=${count}`,
    );
    return keys([...statistics('TRL', after), ['TSPEC', specs.join(' ')], ...changes(before, after)]);
  },
  standard: (_before, after, capacity, initial) => {
    const count = capacity.rows.length;
    const failures = sortedFailures(capacity);
    return keys([
      ...statistics('FIN', after),
      ['ALLOC_USAGE', formatFixed(initial / (initial + count), 8)],
      ['ALLOC_INSTANCES', `${count}`],
      ['ALLOC_FAIL_REASON', failures[0]?.name.toUpperCase() ?? ''],
      ...failures.map(({ name, count: times }): [string, string] => [`ALLOC_${name}_CNT`, `${times}`]),
    ]);
  },
  // The counts are among the reasons of failure.
  refusals: () => '',
  end: () => keys([['OK', '1']]),
};

function statistics(phase: 'INI' | 'TRL' | 'FIN', totals: ClusterTotals): Pairs {
  const { freeMemory, availableMemory, freeDisk, availableDisk, freeSpindles } = totals;
  const values: Pairs = [
    ['SCORE', formatFixed(totals.score, 8)],
    ['INST_CNT', `${totals.instances}`],
    ['MEM_FREE', `${freeMemory}`],
    ['MEM_AVAIL', `${availableMemory}`],
    ['MEM_RESVD', `${freeMemory - availableMemory}`],
    ['MEM_INST', `${totals.instanceMemory}`],
    ['MEM_OVERHEAD', `${totals.missingMemory + totals.nodeMemory}`],
    ['MEM_EFF', formatFixed(totals.instanceMemory / totals.totalMemory, 8)],
    ['DSK_FREE', `${freeDisk}`],
    ['DSK_AVAIL', `${availableDisk}`],
    ['DSK_RESVD', `${freeDisk - availableDisk}`],
    ['DSK_INST', `${totals.instanceDisk}`],
    ['DSK_EFF', formatFixed(totals.instanceDisk / totals.totalDisk, 8)],
    ['SPN_FREE', `${freeSpindles}`],
    ['SPN_INST', `${totals.instanceSpindles}`],
    ['SPN_EFF', formatFixed(totals.instanceSpindles / totals.totalSpindles, 8)],
    ['CPU_INST', `${totals.instanceCpus}`],
    ['CPU_EFF', formatFixed(totals.instanceCpus / totals.virtualCpus, 8)],
    ['MNODE_MEM_AVAIL', `${totals.mostAvailableMemory}`],
    ['MNODE_DSK_AVAIL', `${totals.mostAvailableDisk}`],
  ];
  return values.map(([key, value]) => [`${phase}_${key}`, value]);
}

/** What was used, what the new instances use, and what is left. */
function changes(before: ClusterTotals, after: ClusterTotals): Pairs {
  const row = (name: string, cpus: number, normalised: number, memory: number, disk: number, spindles: number): Pairs => [
    [`KM_${name}_CPU`, `${cpus}`],
    [`KM_${name}_NPU`, showReal(normalised)],
    [`KM_${name}_MEM`, `${memory}`],
    [`KM_${name}_DSK`, `${disk}`],
    [`KM_${name}_SPN`, `${spindles}`],
  ];
  return [
    ...row('USED', before.instanceCpus, before.normalisedCpus, before.instanceMemory, before.instanceDisk, before.instanceSpindles),
    ...row(
      'POOL',
      after.instanceCpus - before.instanceCpus,
      after.normalisedCpus - before.normalisedCpus,
      after.instanceMemory - before.instanceMemory,
      after.instanceDisk - before.instanceDisk,
      after.instanceSpindles - before.instanceSpindles,
    ),
    ...row(
      'UNAV',
      after.virtualCpus - after.instanceCpus,
      after.totalCpus - after.normalisedCpus,
      Math.trunc(after.totalMemory) - after.instanceMemory,
      Math.trunc(after.totalDisk) - after.instanceDisk,
      Math.trunc(after.totalSpindles) - after.instanceSpindles,
    ),
  ];
}
