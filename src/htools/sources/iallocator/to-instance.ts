import { type InstanceData, type InstanceStatus, noNode } from '../../../placement/index.ts';
import type { IallocatorInstance } from './iallocator-schemas.ts';

/** An instance that is nowhere yet. */
export function toInstance(name: string, instance: IallocatorInstance): InstanceData {
  return {
    name,
    memory: instance.memory,
    disk: instance.disk_space_total,
    disks: instance.disks.map(({ size, spindles }) => ({ size, spindles: spindles ?? undefined })),
    vcpus: instance.vcpus,
    status: statusOf(instance.admin_state),
    autoBalance: true,
    primary: noNode,
    secondary: noNode,
    diskTemplate: instance.disk_template,
    spindleUse: instance.spindle_use,
    tags: instance.tags,
    nics: instance.nics.map(({ network }) => ({ network: network ?? undefined })),
    forthcoming: instance.forthcoming ?? false,
  };
}

/** Only what is wanted of the instance is told; it counts as being so. */
function statusOf(adminState: unknown): InstanceStatus {
  if (adminState === 'offline') return 'ADMIN_offline';
  return adminState === 'down' ? 'ADMIN_down' : 'running';
}
