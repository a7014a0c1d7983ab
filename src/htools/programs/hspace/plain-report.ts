import { type Capacity, type ClusterTotals, sortedFailures } from '../../../placement/index.ts';
import type { RequestedSpec } from '../../command/settings.ts';
import { formatFixed } from '../../print/format-number.ts';
import { groupBySpec } from './group-by-spec.ts';
import type { Report } from './report.ts';

/** For people. */
export const plainReport = (spindles: boolean): Report => ({
  cluster: (totals, nodes) => {
    const { totalMemory, totalDisk, totalCpus, virtualCpus, totalSpindles, instances } = totals;
    const own = spindles ? `, SPN ${formatFixed(totalSpindles, 0)}` : '';
    const resources = `MEM ${formatFixed(totalMemory, 0)}, DSK ${formatFixed(totalDisk, 0)}, CPU ${formatFixed(totalCpus, 0)}, VCPU ${virtualCpus}${own}`;
    return `The cluster has ${nodes} nodes and the following resources:\n  ${resources}.\nThere are ${instances || 'no'} initial instances on the cluster.\n`;
  },
  spec: (name, spec, template) =>
    `${name === 'Tiered' ? 'Tiered (initial size)' : 'Standard (fixed-size)'} instance spec is:\n  ${sizeText(spec, spindles)}, using disk template '${template}'.\n`,
  tiered: (before, after, capacity) => {
    const groups = groupBySpec(capacity).map(
      ({ spec, count }) => `  - ${String(count).padStart(3)} instances of spec ${sizeText(spec, spindles)}\n`,
    );
    return `Tiered allocation results:\n${groups.join('') || '  - no instances allocated\n'}${outcome(before, after, capacity, spindles)}`;
  },
  standard: (before, after, capacity) =>
    `Normal (fixed-size) allocation results:\n  - ${String(capacity.rows.length).padStart(3)} instances allocated\n${outcome(before, after, capacity, spindles)}`,
  refusals: (text) => `  - one more is refused by: ${text}\n`,
  end: () => '',
});

const sizeText = ({ memory, disk, vcpus, spindles }: RequestedSpec, withSpindles: boolean): string =>
  `MEM ${memory}, DSK ${disk}, CPU ${vcpus}${withSpindles ? `, SPN ${spindles}` : ''}`;

function outcome(before: ClusterTotals, after: ClusterTotals, capacity: Capacity, spindles: boolean): string {
  const parts: [string, number][] = [
    ['memory', after.instanceMemory / after.totalMemory],
    ['disk', after.instanceDisk / after.totalDisk],
    ['vcpu', after.instanceCpus / after.virtualCpus],
  ];
  if (spindles) parts.push(['spindles', after.instanceSpindles / after.totalSpindles]);
  const width = Math.max(...parts.map(([name]) => name.length));
  return [
    `  - most likely failure reason: ${sortedFailures(capacity)[0]?.name}\n`,
    `  - initial cluster score: ${formatFixed(before.score, 8)}\n`,
    `  -   final cluster score: ${formatFixed(after.score, 8)}\n`,
    ...parts.map(([name, part]) => `  - ${name.padStart(width)} usage efficiency: ${formatFixed(part * 100, 2).padStart(5)}%\n`),
  ].join('');
}
