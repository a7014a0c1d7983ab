import type { DiskTemplate } from '../../../model/disk-templates/catalogue.ts';
import type { InstanceSpec, PreparedInstance } from '../../../placement/index.ts';
import type { RequestedSpec } from '../../command/settings.ts';

/** What a policy says of a size. */
export const toSpec = ({ memory, disk, vcpus, spindleUse }: InstanceSpec): RequestedSpec => ({ memory, disk, vcpus, spindles: spindleUse });

/** Tag of the new instances when they are to be members of a service. */
export const memberTag = 'hspace:member';

/** A running instance of this size, with one disk. */
export function instanceOf(
  { memory, disk, vcpus, spindles }: RequestedSpec,
  diskTemplate: DiskTemplate,
  spindleUse: number,
  tags: readonly string[],
): PreparedInstance {
  return {
    name: 'new',
    alias: 'new',
    memory,
    disk,
    disks: [{ size: disk, spindles }],
    vcpus,
    status: 'running',
    autoBalance: true,
    primary: -1,
    secondary: -1,
    diskTemplate,
    spindleUse,
    tags,
    nics: [],
    forthcoming: false,
    exclusionTags: [],
    desiredLocationTags: [],
    movable: true,
  };
}

/** The size of an instance. */
export function specOf({ memory, disk, vcpus, disks }: PreparedInstance): RequestedSpec {
  const [only, ...others] = disks;
  return { memory, disk, vcpus, spindles: others.length === 0 ? (only?.spindles ?? 0) : 0 };
}
