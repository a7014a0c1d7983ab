import { isUnicastIpv4, parseCidr, parseIpv4 } from '../../../base/index.ts';
import type { Network } from '../../../model/index.ts';
import type { ConfigSnapshot } from '../../../store/index.ts';

/** Somebody who has an IPv4 address. */
export interface AddressUser {
  readonly kind: 'node' | 'instance';
  /** Its UUID. */
  readonly uuid: string;
  readonly name: string;
  /** UUID of the network of the NIC; null for a NIC outside of networks, and for nodes. */
  readonly network: string | null;
}

const books = new WeakMap<ConfigSnapshot, ReadonlyMap<string, readonly AddressUser[]>>();

/** Every IPv4 address of nodes and NICs, with all who have it. Made once for a snapshot. */
export function addressBook(config: ConfigSnapshot): ReadonlyMap<string, readonly AddressUser[]> {
  const known = books.get(config);
  if (known) return known;
  const book = new Map<string, AddressUser[]>();
  const enter = (ip: string, user: AddressUser) => {
    const others = book.get(ip);
    if (others) others.push(user);
    else book.set(ip, [user]);
  };
  for (const { uuid, name, primary_ip, secondary_ip } of config.nodes.values()) {
    for (const ip of new Set([primary_ip, secondary_ip])) enter(ip, { kind: 'node', uuid, name, network: null });
  }
  for (const { uuid, name, nics } of config.instances.values()) {
    for (const { ip, network } of nics) if (ip !== null) enter(ip, { kind: 'instance', uuid, name, network });
  }
  books.set(config, book);
  return book;
}

export const describeUser = ({ kind, name }: AddressUser): string => `${kind} ${name}`;

/**
 * Who prevents that a NIC in `network` (null: outside networks) gets an address, or undefined when it is free. This is the only
 * place that decides this. An address is free unless a node has it, a NIC outside of networks has it, or a NIC has it in the same
 * network. Networks may overlap, so each of them can assign an address once. A NIC outside networks may share its link with any
 * host, so it needs an address that nobody has.
 */
export function addressTaken(config: ConfigSnapshot, ip: string, network: Pick<Network, 'uuid'> | null): AddressUser | undefined {
  const users = addressBook(config).get(ip) ?? [];
  return users.find((user) => network === null || user.kind === 'node' || user.network === null || user.network === network.uuid);
}

/**
 * Why an address of a network is never assigned, or null: it is the network or broadcast address, the gateway, or reserved by
 * hand.
 */
export function unusableIn(network: Pick<Network, 'network' | 'gateway' | 'external_reservations'>, ip: string): string | null {
  const range = parseCidr(network.network);
  const value = parseIpv4(ip);
  if (!range || value === undefined || value < range.first || value > range.last) return `it is outside ${network.network}`;
  if (value === range.first || value === range.last) return 'it is the network or broadcast address';
  if (ip === network.gateway) return 'it is the gateway';
  if (network.external_reservations.includes(ip)) return 'it is reserved';
  return isUnicastIpv4(value) ? null : 'no host can have it';
}

/** Whether an address lies in a network, usable or not. */
export function networkHas({ network }: Pick<Network, 'network'>, ip: string): boolean {
  const range = parseCidr(network);
  const value = parseIpv4(ip);
  return range !== undefined && value !== undefined && value >= range.first && value <= range.last;
}

/** The networks that are connected to a node group and have this address. */
export const networksWith = (config: ConfigSnapshot, ip: string, group: string): Network[] =>
  [...config.networks.values()].filter((network) => network.groups[group] !== undefined && networkHas(network, ip));
