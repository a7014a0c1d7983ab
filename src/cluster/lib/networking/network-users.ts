import { GantryError } from '../../../base/index.ts';
import { type Network, placesOf } from '../../../model/index.ts';
import type { ConfigSnapshot } from '../../../store/index.ts';

/** @throws NETWORK_IN_USE when instances (on nodes of `group`, if given) have NICs in the network */
export function requireNoNics(config: ConfigSnapshot, network: Network, group?: string): void {
  const users = [...config.instances.values()]
    .filter((instance) => group === undefined || placesOf(instance).some((node) => config.nodes.get(node)?.group === group))
    .filter((instance) => instance.nics.some((nic) => nic.network === network.uuid))
    .map((instance) => instance.name);
  if (users.length > 0) throw new GantryError('NETWORK_IN_USE', { name: network.name, users: users.join(', ') });
}
