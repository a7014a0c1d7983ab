import { GantryError } from '../../base/index.ts';
import type { Network } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import { formatIpv4, parseCidr, parseIpv4 } from './ipv4.ts';

/** Key of an address claim: the same address may exist once in each network. */
export const addressClaim = (network: Pick<Network, 'uuid'>, ip: string): string => `${network.uuid}:${ip}`;

/**
 * The address a NIC gets in a network: the asked one if it is usable, or with `pool` the lowest free one.
 * `alsoTaken` holds addresses given out in the same plan.
 * @throws ADDRESS_OUTSIDE, CLAIM_TAKEN, NETWORK_FULL
 */
export function pickAddress(config: ConfigSnapshot, network: Network, wanted: string, alsoTaken: ReadonlySet<string>): string {
  const range = parseCidr(network.network);
  if (!range) throw new GantryError('INTERNAL', { detail: `network ${network.name} has the range ${network.network}` });
  const reserved = new Set([...network.external_reservations, ...(network.gateway ? [network.gateway] : [])]);
  const taken = (ip: string) => alsoTaken.has(ip) || config.claim('ip', addressClaim(network, ip)) !== undefined;
  if (wanted !== 'pool') {
    const value = parseIpv4(wanted);
    const outside = value === undefined || value <= range.first || value >= range.last || reserved.has(wanted);
    if (outside) throw new GantryError('ADDRESS_OUTSIDE', { ip: wanted, name: network.name, cidr: network.network });
    if (taken(wanted))
      throw new GantryError('CLAIM_TAKEN', { what: 'IP address', value: wanted, owner: ownerName(config, wanted, network) });
    return wanted;
  }
  for (let value = range.first + 1; value < range.last; value++) {
    const ip = formatIpv4(value);
    if (!reserved.has(ip) && !taken(ip)) return ip;
  }
  throw new GantryError('NETWORK_FULL', { name: network.name });
}

function ownerName(config: ConfigSnapshot, ip: string, network: Network): string {
  const owner = config.claim('ip', addressClaim(network, ip));
  const instance = owner === undefined ? undefined : config.instances.get(owner);
  return instance ? `instance ${instance.name}` : 'another NIC of this instance';
}
