import { GantryError } from '../../base/index.ts';
import type { InstanceSpec, RpcParams } from '../../rpc/index.ts';
import type { NodeParts } from '../node-parts.ts';
import { diskTemplateFor } from '../storage/disk-templates.ts';
import { hypervisorFor } from './instance-guard.ts';

/**
 * Refuses what a start of the instance, or the creation of its disks, would refuse; changes nothing.
 * @throws HYPERVISOR_UNSUPPORTED, HYPERVISOR_MISSING, STORAGE_TEMPLATE_UNSUPPORTED, STORAGE_DIR_MISSING, STORAGE_DISK_MISSING, STORAGE_FULL, and what
 *   the network port throws
 */
export async function checkStart(parts: NodeParts, spec: InstanceSpec, disks: RpcParams<'instance-check'>['disks']): Promise<void> {
  if (disks === 'new') await requireRoom(parts, spec);
  await hypervisorFor(parts, spec.hypervisor).requireUsable?.();
  if (disks === 'present') await requireDisks(parts, spec);
  for (const [index, nic] of spec.nics.entries()) await parts.network.check(spec, nic, index);
}

async function requireDisks({ diskTemplates }: NodeParts, { uuid, name, disks }: InstanceSpec): Promise<void> {
  for (const disk of disks) {
    const found = await diskTemplateFor(diskTemplates, disk.dev_type).find(disk, { uuid, name });
    if (!found) throw new GantryError('STORAGE_DISK_MISSING', { disk: disk.uuid, path: String(disk.logical_id[1] ?? '') });
  }
}

async function requireRoom({ diskTemplates }: NodeParts, { name, disks }: InstanceSpec): Promise<void> {
  for (const type of new Set(disks.map((disk) => disk.dev_type))) {
    const needed = disks.reduce((sum, disk) => (disk.dev_type === type ? sum + disk.size : sum), 0);
    const [space] = await diskTemplateFor(diskTemplates, type).pools();
    if (space && space.free < needed)
      throw new GantryError('STORAGE_FULL', { subject: `the disks of ${name}`, directory: type, needed, free: space.free });
  }
}
