import { GantryError, parseCidr, parseIpv4 } from '../../../base/index.ts';
import type { ConfigSnapshot } from '../../../store/index.ts';
import { addressBook, describeUser } from '../networking/address-use.ts';
import { isLoopback, nodeAddressProblem } from './node-address.ts';

/** The IPv4 address in one that a dual-stack socket shows. */
const plain = (address: string): string => address.replace(/^::ffff:/, '');

/** @throws INPUT_INVALID when one is neither an address that a node can have nor a network */
export function checkTokenAddresses(config: ConfigSnapshot, addresses: readonly string[]): void {
  for (const address of addresses) {
    if (parseCidr(address)) continue;
    const problem = nodeAddressProblem(config, address);
    if (problem !== null) throw new GantryError('INPUT_INVALID', { subject: 'join token', field: 'addresses', problem });
  }
}

/**
 * An address that a joining node claims becomes a part of its certificate, and the master calls the node there: so it must be
 * allowed by the token or be the address that the request comes from, and belong to nobody else.
 * @throws JOIN_ADDRESS_REFUSED
 */
export function checkJoinAddress(
  config: ConfigSnapshot,
  {
    name,
    address,
    from,
    allowed,
  }: { readonly name: string; readonly address: string; readonly from: string; readonly allowed: readonly string[] },
): void {
  const refuse = (problem: string) => new GantryError('JOIN_ADDRESS_REFUSED', { name, address, problem });
  const impossible = nodeAddressProblem(config, address);
  if (impossible !== null) throw refuse(impossible);
  // Nodes of a cluster that lives on loopback differ by port; and a node may come again when an answer was lost.
  const users = isLoopback(address) ? [] : (addressBook(config).get(address) ?? []);
  const other = users.find((user) => user.kind !== 'node' || user.name !== name);
  if (other) throw refuse(`it is in use by ${describeUser(other)}`);
  if (allowed.length === 0) {
    if (address !== plain(from)) throw refuse(`the request comes from ${plain(from)}, and the token names no address`);
  } else if (!allowed.some((one) => covers(one, address))) throw refuse(`the token allows ${allowed.join(', ')}`);
}

function covers(allowed: string, address: string): boolean {
  const range = parseCidr(allowed);
  const value = parseIpv4(address);
  return range ? value !== undefined && value >= range.first && value <= range.last : allowed === address;
}
