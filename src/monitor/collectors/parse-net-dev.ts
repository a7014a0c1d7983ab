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
  const found: InterfaceCounters[] = [];
  for (const line of text.split('\n')) {
    const colon = line.lastIndexOf(':');
    if (colon < 1 || !readNumbers(line, colon + 1)) continue;
    const counters: { [column: string]: number | string } = { name: line.slice(0, colon).trim() };
    for (const [i, column] of columns.entries()) counters[column] = numbers[i] ?? 0;
    found.push(counters as InterfaceCounters);
  }
  return found;
}

/** Of the line that was read last: a node has a line for each instance, so nothing is made anew for each. */
const numbers = new Float64Array(columns.length);

const [zero, nine] = [48, 57];

/** @returns whether there is one for each column, and nothing but numbers and blanks */
function readNumbers(line: string, from: number): boolean {
  let count = 0;
  let value = -1;
  for (let i = from; i <= line.length; i++) {
    const code = i === line.length ? 32 : line.charCodeAt(i);
    if (code >= zero && code <= nine) value = Math.max(value, 0) * 10 + code - zero;
    else if (code !== 32 && code !== 9) return false;
    else if (value >= 0) {
      if (count < numbers.length) numbers[count] = value;
      count++;
      value = -1;
    }
  }
  return count >= numbers.length;
}
