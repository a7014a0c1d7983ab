import { GantryError } from '../../../base/index.ts';
import type { Instance } from '../../../model/index.ts';
import type { ConfigSnapshot } from '../../../store/index.ts';
import { networksWith } from './address-use.ts';

/**
 * The networks of an instance's NICs must also be connected to the other node group.
 * @param from UUIDs of node groups, as `to`
 * @throws NETWORK_NOT_CONNECTED, ADDRESS_OF_NETWORK
 */
export function requireNetworks(config: ConfigSnapshot, { nics }: Pick<Instance, 'nics'>, from: string | undefined, to: string): void {
  for (const nic of nics) {
    const network = nic.network === null ? undefined : config.networks.get(nic.network);
    if (network && !network.groups[to]) {
      throw new GantryError('NETWORK_NOT_CONNECTED', { name: network.name, group: config.groups.get(to)?.name ?? to });
    }
    if (nic.network !== null || nic.ip === null || from === to) continue;
    const [owner] = networksWith(config, nic.ip, to);
    if (owner) throw new GantryError('ADDRESS_OF_NETWORK', { ip: nic.ip, name: owner.name, cidr: owner.network });
  }
}
