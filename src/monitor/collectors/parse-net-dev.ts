/** Names of the columns of /proc/net/dev, in this order since Linux 2.2. */
const columns = [
  'receivedBytes',
  'receivedPackets',
  'receiveErrors',
  'receiveDropped',
  'receiveFifo',
  'receiveFrame',
  'receiveCompressed',
  'receivedMulticast',
  'sentBytes',
  'sentPackets',
  'sendErrors',
  'sendDropped',
  'sendFifo',
  'collisions',
  'carrierErrors',
  'sendCompressed',
] as const;

/** Counters since the interface came into being. */
export type InterfaceCounters = { readonly name: string } & { readonly [column in (typeof columns)[number]]: number };

/** Reads /proc/net/dev. The first counter may follow the colon without a blank (before 2.6.36); a line that is cut short or garbled is left out. */
export function parseNetDev(text: string): InterfaceCounters[] {
  return text.split('\n').flatMap((line) => {
    const colon = line.lastIndexOf(':');
    const values = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    if (colon < 1 || values.length < columns.length || values.some(Number.isNaN)) return [];
    return Object.fromEntries([
      ['name', line.slice(0, colon).trim()],
      ...columns.map((column, i) => [column, values[i]]),
    ]) as InterfaceCounters;
  });
}
