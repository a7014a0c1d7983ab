import type { InstanceSpec, NicSpec } from '../../rpc/index.ts';
import type { NicWish, PreparedNic } from './prepared-nic.ts';

/** Makes NICs ready for a hypervisor and takes them away again. Every method may be repeated. */
export interface NetworkPort {
  /** @throws NETWORK_BRIDGE_MISSING, NETWORK_SWITCH_MISSING, NETWORK_ROUTE_INVALID, NETWORK_NIC_INVALID, NETWORK_TAP_FAILED */
  prepare(instance: Pick<InstanceSpec, 'uuid' | 'name'>, nic: NicSpec, index: number, wish: NicWish): Promise<PreparedNic>;
  /** Refuses what `prepare` would refuse, and changes nothing. @throws as `prepare`, NETWORK_FAILED */
  check(instance: Pick<InstanceSpec, 'uuid' | 'name'>, nic: NicSpec, index: number): Promise<void>;
  /** Removes every device of the instance. */
  cleanup(instance: Pick<InstanceSpec, 'uuid'>): Promise<void>;
  /** Devices on this node by the instance that owns them. */
  list(): Promise<{ readonly device: string; readonly instanceUuid: string }[]>;
  bridgeExists(name: string): Promise<boolean>;
  /** Names of all bridges and switches of this node; undefined where any name will do. */
  links(): Promise<{ readonly bridges: string[]; readonly switches: string[] } | undefined>;
  /** Whether there is an Open vSwitch of this name. */
  switchExists(name: string): Promise<boolean>;
}
