import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { GantryError } from '../../base/index.ts';

/** IPv4 addresses of this host, those of loopback last. */
export function hostAddresses(): { address: string; internal: boolean }[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all
    .filter(({ family }) => family === 'IPv4')
    .map(({ address, internal }) => ({ address, internal }))
    .toSorted((a, b) => Number(a.internal) - Number(b.internal));
}

/**
 * The IPv4 address at which others reach this host: the one that its name stands for, or the only one that it has.
 * @throws HOST_ADDRESS_UNKNOWN
 */
export async function ownAddress(name: string, resolve = resolveIpv4, own = hostAddresses()): Promise<string> {
  const outside = [...new Set(own.filter(({ internal }) => !internal).map(({ address }) => address))];
  const found = await resolve(name);
  const named = found.find((address) => outside.includes(address));
  if (named !== undefined) return named;
  // Debian gives a host without a fixed address 127.0.1.1 for its name.
  if (outside.length === 1 && outside[0] !== undefined) return outside[0];
  const problem = found.length === 0 ? 'cannot be resolved' : `stands for ${found.join(', ')}`;
  throw new GantryError('HOST_ADDRESS_UNKNOWN', { name, problem, addresses: outside.join(', ') || 'none' });
}

async function resolveIpv4(name: string): Promise<string[]> {
  try {
    return (await lookup(name, { all: true, family: 4 })).map(({ address }) => address);
  } catch {
    return [];
  }
}

/** @throws HOST_ADDRESS_FOREIGN */
export function requireOwnAddress(address: string): void {
  const own = hostAddresses().map((one) => one.address);
  if (!own.includes(address)) throw new GantryError('HOST_ADDRESS_FOREIGN', { address, addresses: own.join(', ') });
}
