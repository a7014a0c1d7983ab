import { isIPv6 } from 'node:net';
import { parseIpv4 } from './ipv4.ts';

/** An IPv6 network as numbers. */
export interface Ipv6Network {
  readonly first: bigint;
  readonly last: bigint;
  readonly prefix: number;
}

/** `2001:db8::1` as a number, or undefined when it is not an address; addresses with a zone (`%eth0`) are none. */
export function parseIpv6(text: string): bigint | undefined {
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const [left = '', right] = text.split('::');
  const head = groups(left);
  const tail = groups(right ?? '');
  const all = right === undefined ? head : [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  return all.reduce((value, group) => value * 65_536n + BigInt(group), 0n);
}

/** The last group may be an IPv4 address. */
function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    const ipv4 = parseIpv4(group);
    return ipv4 === undefined ? [Number.parseInt(group, 16)] : [Math.floor(ipv4 / 65_536), ipv4 % 65_536];
  });
}

/** `2001:db8::/64`, or undefined when it is not a network (host bits must be zero, prefix 1 to 126). */
export function parseCidr6(text: string): Ipv6Network | undefined {
  const [address = '', length = '', ...rest] = text.split('/');
  const first = parseIpv6(address);
  const prefix = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (first === undefined || rest.length > 0 || !(prefix >= 1 && prefix <= 126)) return undefined;
  const size = 1n << BigInt(128 - prefix);
  return first % size === 0n ? { first, last: first + size - 1n, prefix } : undefined;
}
