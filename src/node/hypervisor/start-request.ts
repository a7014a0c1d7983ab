import type { BlockDescription, InstanceSpec } from '../../rpc/index.ts';
import type { PreparedNic } from '../network/prepared-nic.ts';

/** Everything a hypervisor gets to start an instance: disks and NICs are ready when it is called. */
export interface StartRequest {
  readonly spec: InstanceSpec;
  readonly disks: readonly (BlockDescription & { readonly uuid: string; readonly mode: 'rw' | 'ro' })[];
  readonly nics: readonly PreparedNic[];
}

/** Names one instance on its node. */
export interface InstanceRef {
  readonly uuid: string;
  readonly name: string;
}
