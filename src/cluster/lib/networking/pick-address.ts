import { formatIpv4, GantryError, parseCidr } from '../../../base/index.ts';
import type { Network } from '../../../model/index.ts';
import type { ConfigSnapshot } from '../../../store/index.ts';
import { addressTaken, describeUser, unusableIn } from './address-use.ts';

/** Key of an address claim: the same address may exist once in each network. */
export const addressClaim = (network: Pick<Network, 'uuid'>, ip: string): string => `${network.uuid}:${ip}`;

/**
 * The address a NIC gets in a network: the asked one if it is free, or with `pool` the lowest free one.
 * `alsoTaken` holds addresses given out in the same plan.
 * @throws ADDRESS_OUTSIDE, CLAIM_TAKEN, NETWORK_FULL
 */
export function pickAddress(config: ConfigSnapshot, network: Network, wanted: string, alsoTaken: ReadonlySet<string>): string {
  const range = parseCidr(network.network);
  if (!range) throw new GantryError('INTERNAL', { detail: `network ${network.name} has the range ${network.network}` });
  if (wanted !== 'pool') {
    const problem = unusableIn(network, wanted);
    if (problem !== null) throw new GantryError('ADDRESS_OUTSIDE', { ip: wanted, name: network.name, cidr: network.network, problem });
    requireFreeAddress(config, wanted, network, alsoTaken);
    return wanted;
  }
  const out = new Set([...alsoTaken, ...network.external_reservations, network.gateway]);
  for (let value = range.first + 1; value < range.last; value++) {
    const ip = formatIpv4(value);
    if (!out.has(ip) && isFree(config, network, ip)) return ip;
  }
  throw new GantryError('NETWORK_FULL', { name: network.name });
}

const isFree = (config: ConfigSnapshot, network: Network, ip: string): boolean =>
  addressTaken(config, ip, network) === undefined && config.claim('ip', addressClaim(network, ip)) === undefined;

/** @throws CLAIM_TAKEN naming who has it */
export function requireFreeAddress(config: ConfigSnapshot, ip: string, network: Network | null, alsoTaken: ReadonlySet<string>): void {
  const user = addressTaken(config, ip, network);
  const claimed = user || !network ? undefined : config.claim('ip', addressClaim(network, ip));
  if (!user && claimed === undefined && !alsoTaken.has(ip)) return;
  const holder = claimed === undefined ? undefined : config.instances.get(claimed);
  const owner = user ? describeUser(user) : holder ? `instance ${holder.name}` : 'another NIC of this instance';
  throw new GantryError('CLAIM_TAKEN', { what: 'IP address', value: ip, owner });
}
