import { finding } from '../../rpc/index.ts';
import { type AddressUser, addressBook, describeUser } from '../lib/networking/address-use.ts';
import { isLoopback } from '../lib/nodes/node-address.ts';
import type { ClusterCheck } from './verify-check.ts';

/**
 * IPv4 addresses that several hosts on the same network have. Different networks may have the same addresses. An address that an
 * operator has assigned twice outside networks is a warning.
 */
export const checkAddresses: ClusterCheck = function* ({ config }) {
  for (const [ip, users] of addressBook(config)) {
    if (users.length === 1 || (isLoopback(ip) && users.every(({ kind }) => kind === 'node'))) continue;
    const meeting = users.filter((user) => users.some((other) => other !== user && meet(user, other)));
    if (meeting.length === 0) continue;
    const severity = meeting.some(({ kind, network }) => kind === 'node' || network !== null) ? 'error' : 'warning';
    yield { ...finding('VERIFY_ADDRESS_TWICE', `address ${ip}`, { ip, users: meeting.map(describeUser).join(', ') }), severity };
  }
};

const meet = (one: AddressUser, other: AddressUser): boolean =>
  one.network === null || other.network === null || one.network === other.network;
