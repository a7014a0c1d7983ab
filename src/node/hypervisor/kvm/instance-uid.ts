import { createHash } from 'node:crypto';
import type { InstanceSpec } from '../../../rpc/index.ts';

const firstPort = 11_000;
const ports = 4000;
const hashed = 4000;

/** User ids that a node needs from its `uidBase` on. */
export const uidCount = ports + hashed + 1;

/** Under this user the accelerator probe runs. */
export const probeUid = (uidBase: number): number => uidBase + ports + hashed;

/**
 * The user (and group) under which an instance runs. It follows from the console port, which is unique in the cluster,
 * so it is the same on every node and both sides of a migration may open the same files. Without a port it is taken from
 * the UUID.
 */
export function instanceUid(uidBase: number, instance: Pick<InstanceSpec, 'uuid' | 'network_port'>): number {
  const offset = (instance.network_port ?? -1) - firstPort;
  if (offset >= 0 && offset < ports) return uidBase + offset;
  return uidBase + ports + (createHash('sha256').update(instance.uuid).digest().readUInt32BE(0) % hashed);
}
