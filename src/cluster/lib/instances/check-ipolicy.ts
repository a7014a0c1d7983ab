import { GantryError } from '../../../base/index.ts';
import type { Ipolicy, IspecPoint } from '../../../model/index.ts';

/** What the policy looks at; MiB. */
export interface PolicySubject {
  readonly name: string;
  readonly memory: number;
  readonly vcpus: number;
  readonly spindleUse: number;
  readonly diskSizes: readonly number[];
  readonly nics: number;
  readonly diskTemplate: string;
}

/**
 * Holds an instance to a policy: its disk template must be allowed, and it must lie within at least one min/max pair.
 * @throws IPOLICY_VIOLATED with the violations of the pair that is violated least
 */
export function checkIpolicy(policy: Ipolicy, subject: PolicySubject, group: string): void {
  const templates = policy['disk-templates'] as readonly string[];
  const template = templates.includes(subject.diskTemplate)
    ? []
    : [`disk template ${subject.diskTemplate} is not one of ${templates.join(', ')}`];
  const perPair = policy.minmax.map(({ min, max }) => violations(subject, min, max));
  perPair.sort((a, b) => a.length - b.length);
  const found = [...template, ...(perPair[0] ?? [])];
  if (found.length > 0) throw new GantryError('IPOLICY_VIOLATED', { name: subject.name, group, violations: found.join('; ') });
}

function violations(subject: PolicySubject, min: IspecPoint, max: IspecPoint): string[] {
  const found: string[] = [];
  const check = (label: string, value: number, key: keyof IspecPoint) => {
    if (value < min[key]) found.push(`${label} ${value} is below the minimum ${min[key]}`);
    if (value > max[key]) found.push(`${label} ${value} is above the maximum ${max[key]}`);
  };
  check('memory (MiB)', subject.memory, 'memory-size');
  check('virtual processors', subject.vcpus, 'cpu-count');
  check('number of NICs', subject.nics, 'nic-count');
  check('spindle use', subject.spindleUse, 'spindle-use');
  if (subject.diskTemplate !== 'diskless') {
    check('number of disks', subject.diskSizes.length, 'disk-count');
    for (const [index, size] of subject.diskSizes.entries()) check(`size of disk ${index} (MiB)`, size, 'disk-size');
  }
  return found;
}
