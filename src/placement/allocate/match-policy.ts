import { type DiskTemplate, diskTemplateRow } from '../../model/disk-templates/catalogue.ts';
import type { DiskData, InstancePolicy, InstanceSpec } from '../cluster/cluster-data.ts';
import { type FailMode, failMode } from '../state/fail-mode.ts';

/** What a policy says something about. */
export interface PolicySubject {
  readonly memory: number;
  readonly vcpus: number;
  readonly disks: readonly DiskData[];
  readonly spindleUse: number;
  readonly diskTemplate: DiskTemplate;
}

/**
 * Whether an instance is within one of the ranges of a policy, and of a disk template that it allows.
 * @param exclusive the node has exclusive storage, where the spindles of the disks count and not the spindle use
 */
export function matchPolicy(subject: PolicySubject, { ranges, diskTemplates }: InstancePolicy, exclusive: boolean): FailMode {
  // Of several ranges that do not fit, Ganeti tells what is wrong with the first.
  let outside: FailMode = failMode.none;
  for (const { min, max } of ranges.toReversed()) {
    outside = beyond(subject, min, exclusive, -1) || beyond(subject, max, exclusive, 1);
    if (outside === failMode.none) break;
  }
  return outside || (diskTemplates.includes(subject.diskTemplate) ? failMode.none : failMode.disk);
}

/** What lies beyond a specification: below (`side` -1) or above it (1). */
function beyond(
  { memory, vcpus, disks, spindleUse, diskTemplate }: PolicySubject,
  spec: InstanceSpec,
  exclusive: boolean,
  side: 1 | -1,
): FailMode {
  const isBeyond = (value: number, bound: number) => (value - bound) * side > 0;
  if (isBeyond(memory, spec.memory)) return failMode.memory;
  if (disks.some(({ size }) => isBeyond(size, spec.disk))) return failMode.disk;
  if (isBeyond(vcpus, spec.vcpus)) return failMode.cpu;
  if (exclusive) {
    const known = disks.every(({ spindles }) => spindles !== undefined);
    if (
      !known ||
      isBeyond(
        disks.reduce((sum, { spindles = 0 }) => sum + spindles, 0),
        spec.spindleUse,
      )
    )
      return failMode.spindles;
  } else if (isBeyond(spindleUse, spec.spindleUse)) return failMode.spindles;
  return diskTemplateRow(diskTemplate).reach !== 'none' && isBeyond(disks.length, spec.diskCount) ? failMode.diskCount : failMode.none;
}
