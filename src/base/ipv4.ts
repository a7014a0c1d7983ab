/** An IPv4 network as numbers; addresses are unsigned 32-bit integers. */
export interface Ipv4Network {
  readonly first: number;
  readonly last: number;
  readonly prefix: number;
}

/** `10.0.0.1` as a number, or undefined when it is not an address. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

export function formatIpv4(value: number): string {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');
}

/** `10.0.0.0/24`, or undefined when it is not a network (host bits must be zero, prefix 8 to 30). */
export function parseCidr(text: string): Ipv4Network | undefined {
  const [address = '', length = ''] = text.split('/');
  const first = parseIpv4(address);
  const prefix = /^\d{1,2}$/.test(length) ? Number(length) : Number.NaN;
  if (first === undefined || !(prefix >= 8 && prefix <= 30)) return undefined;
  const size = 2 ** (32 - prefix);
  return first % size === 0 ? { first, last: first + size - 1, prefix } : undefined;
}

export const cidrContains = ({ first, last }: Ipv4Network, address: number): boolean => address >= first && address <= last;

/** Not to be given to a host: "this" network, loopback, link-local, multicast, reserved and broadcast addresses. */
const special = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16'].map((text) => parseCidr(text) as Ipv4Network);

/** Whether a host can have this address. */
export const isUnicastIpv4 = (address: number): boolean =>
  address < 0xe0000000 && special.every((network) => !cidrContains(network, address));
