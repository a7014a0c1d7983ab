import { GantryError } from '../../base/index.ts';
import { type Capability, type HypervisorName, hypervisorRow } from '../../model/index.ts';
import type { BlockDescription, DiskSpec, InstanceRuntime, InstanceSpec } from '../../rpc/index.ts';
import { type Capabilities } from '../hypervisor/capabilities.ts';
import { capabilityOf } from '../hypervisor/capability-of.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import type { InstanceRef, StartRequest } from '../hypervisor/start-request.ts';
import type { PreparedNic } from '../network/prepared-nic.ts';
import type { NodeParts } from '../node-parts.ts';
import { diskTemplateFor } from '../storage/disk-templates.ts';

export type ActiveDisk = BlockDescription & { readonly uuid: string; readonly mode: 'rw' | 'ro' };

/** @throws HYPERVISOR_UNSUPPORTED */
export function hypervisorFor({ hypervisors }: NodeParts, name: HypervisorName): Hypervisor {
  const found = hypervisors.get(name);
  if (found) return found;
  const problem = `this node has no adapter for it, only for ${[...hypervisors.keys()].join(', ') || 'none'}`;
  throw new GantryError('HYPERVISOR_UNSUPPORTED', { hypervisor: name, problem });
}

/** A capability of the hypervisor of this name. @throws HYPERVISOR_UNSUPPORTED, HYPERVISOR_INCAPABLE */
export const capabilityFor = <C extends Capability>(parts: NodeParts, name: HypervisorName, capability: C): Capabilities[C] =>
  capabilityOf(hypervisorFor(parts, name), capability);

const dead: readonly InstanceRuntime['state'][] = ['shutdown', 'crashed'];

/** Whether any hypervisor of this node has a live machine of the instance. */
export async function isAlive({ hypervisors }: NodeParts, uuid: string): Promise<boolean> {
  for (const hypervisor of hypervisors.values()) {
    const found = (await hypervisor.list()).find((runtime) => runtime.uuid === uuid);
    if (found && !dead.includes(found.state)) return true;
  }
  return false;
}

/** Makes the disks usable; it is written down before, so that `releaseDisks` finds them whatever happens. */
export async function activateDisks(
  parts: NodeParts,
  instance: InstanceRef & { readonly disks: readonly DiskSpec[] },
): Promise<ActiveDisk[]> {
  // What an earlier start noted stays noted: it may still be active.
  const before = (await parts.activations.get(instance.uuid))?.disks ?? [];
  const forgotten = before.filter(({ uuid }) => !instance.disks.some((disk) => disk.uuid === uuid));
  await parts.activations.put({ uuid: instance.uuid, name: instance.name, disks: [...instance.disks, ...forgotten] });
  const active: ActiveDisk[] = [];
  for (const disk of instance.disks) {
    const block = await diskTemplateFor(parts.diskTemplates, disk.dev_type).activate(disk, instance);
    active.push({ ...block, uuid: disk.uuid, mode: disk.mode });
  }
  return active;
}

/** Undoes `activateDisks`. */
export async function releaseDisks(parts: NodeParts, instanceUuid: string): Promise<void> {
  const activation = await parts.activations.get(instanceUuid);
  for (const disk of activation?.disks ?? []) await diskTemplateFor(parts.diskTemplates, disk.dev_type).deactivate(disk);
  await parts.activations.remove(instanceUuid);
}

/** Takes away what an instance that does not run here needs no more: NICs, activated disks. */
export async function releaseInstance(parts: NodeParts, instanceUuid: string): Promise<void> {
  await parts.network.cleanup({ uuid: instanceUuid });
  await releaseDisks(parts, instanceUuid);
}

/** Makes disks and NICs ready, hands them to `begin`, and takes them back when that fails and nothing runs. */
export async function withDevices<T>(parts: NodeParts, spec: InstanceSpec, begin: (request: StartRequest) => Promise<T>): Promise<T> {
  const wish = hypervisorFor(parts, spec.hypervisor).nicWish(spec);
  try {
    const disks = await activateDisks(parts, spec);
    for (const disk of disks) requireKind(spec, disk);
    const nics: PreparedNic[] = [];
    for (const [index, nic] of spec.nics.entries()) nics.push(await parts.network.prepare(spec, nic, index, wish));
    return await begin({ spec, disks, nics });
  } catch (error) {
    await takeBack(parts, spec);
    throw error;
  }
}

/** The storage of a node gives a disk as a block device, or as a mounted folder; a hypervisor takes one of them. @throws HYPERVISOR_UNSUPPORTED */
function requireKind({ hypervisor }: InstanceSpec, disk: ActiveDisk): void {
  const { disks } = hypervisorRow(hypervisor);
  const kind = disk.driver === 'mount' ? 'mount' : 'block';
  if (disks === kind) return;
  const words = { block: 'block devices', mount: 'mounted folders' };
  const problem = `it takes disks as ${words[disks]}, and disk ${disk.uuid} is one of ${words[kind]}`;
  throw new GantryError('HYPERVISOR_UNSUPPORTED', { hypervisor, problem });
}

/** After a failure: releases the devices of an instance that does not run here; does not throw. */
export async function takeBack(parts: NodeParts, spec: InstanceSpec): Promise<void> {
  try {
    if (!(await isAlive(parts, spec.uuid))) await releaseInstance(parts, spec.uuid);
  } catch (error) {
    // The first error is the one to report; a stop, which the master sends after it, clears up again.
    parts.log.warn({ err: error, instance: spec.name }, 'devices could not be removed');
  }
}
