/** An IPv4 address as a number. */
export function ipv4Number(address: string): number | undefined {
  const parts = address.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/** Which addresses of an IPv4 network are taken. */
export interface AddressMap {
  /** One character an address: `X` taken, `.` free. */
  readonly map: string;
  readonly free: number;
  readonly reserved: number;
}

/** Ganeti's limit for address pools. */
const smallestPrefix = 16;

/** Marks addresses in a network; those that lie outside are left out, as are networks of more than 65,536 addresses. */
export function addressMap(cidr: string, taken: Iterable<string>): AddressMap {
  const [base = '', prefixText = ''] = cidr.split('/');
  const start = ipv4Number(base);
  const prefix = Number(prefixText);
  if (start === undefined || !(prefix >= smallestPrefix && prefix <= 32)) return { map: '', free: 0, reserved: 0 };
  const size = 2 ** (32 - prefix);
  const cells = new Array<string>(size).fill('.');
  for (const address of taken) {
    const offset = (ipv4Number(address) ?? -1) - start;
    if (offset >= 0 && offset < size) cells[offset] = 'X';
  }
  const reserved = cells.filter((cell) => cell === 'X').length;
  return { map: cells.join(''), free: size - reserved, reserved };
}

/** First and last address of a network, which are never given out. */
export function edgeAddresses(cidr: string): string[] {
  const [base = '', prefix = ''] = cidr.split('/');
  const start = ipv4Number(base);
  if (start === undefined) return [];
  const text = (value: number) => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
  return [text(start), text(start + 2 ** (32 - Number(prefix)) - 1)];
}
