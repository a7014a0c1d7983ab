/** Counters since the interface came into being, in the order of /proc/net/dev (the same since Linux 2.2). */
export interface InterfaceCounters {
  readonly name: string;
  readonly receivedBytes: number;
  readonly receivedPackets: number;
  readonly receiveErrors: number;
  readonly receiveDropped: number;
  readonly receiveFifo: number;
  readonly receiveFrame: number;
  readonly receiveCompressed: number;
  readonly receivedMulticast: number;
  readonly sentBytes: number;
  readonly sentPackets: number;
  readonly sendErrors: number;
  readonly sendDropped: number;
  readonly sendFifo: number;
  readonly collisions: number;
  readonly carrierErrors: number;
  readonly sendCompressed: number;
}

/** One regular expression per line: a node has one line for each instance, and splitting it would be most of the work. */
const line = new RegExp(`^[ \\t]*(\\S+):[ \\t]*(\\d+)${'[ \\t]+(\\d+)'.repeat(15)}(?:[ \\t]+\\d+)*[ \\t]*$`, 'gm');

/** Reads /proc/net/dev. The first counter may follow the colon without a blank (before 2.6.36); a line that is cut short or garbled is left out. */
export function parseNetDev(text: string): InterfaceCounters[] {
  const found: InterfaceCounters[] = [];
  for (const fields of text.matchAll(line)) {
    found.push({
      name: fields[1] ?? '',
      receivedBytes: Number(fields[2]),
      receivedPackets: Number(fields[3]),
      receiveErrors: Number(fields[4]),
      receiveDropped: Number(fields[5]),
      receiveFifo: Number(fields[6]),
      receiveFrame: Number(fields[7]),
      receiveCompressed: Number(fields[8]),
      receivedMulticast: Number(fields[9]),
      sentBytes: Number(fields[10]),
      sentPackets: Number(fields[11]),
      sendErrors: Number(fields[12]),
      sendDropped: Number(fields[13]),
      sendFifo: Number(fields[14]),
      collisions: Number(fields[15]),
      carrierErrors: Number(fields[16]),
      sendCompressed: Number(fields[17]),
    });
  }
  return found;
}
