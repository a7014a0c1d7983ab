/** What a time daemon thinks of this clock. */
export interface ClockState {
  /** Whether it follows a source. */
  readonly synchronised: boolean;
  /** Seconds by which this clock is ahead of the true time, negative when it is behind; `null` where it is not told. */
  readonly offset: number | null;
  /** Steps from a reference clock; 0 when unknown. */
  readonly stratum: number;
}

// The monitoring protocol of chronyd, version 6, as its candm.h lays it out: big-endian words, a reply never longer than its request.

const version = 6;
const trackingRequest = 33;
const trackingReply = 5;
const headerBytes = 28;
const replyBytes = headerBytes + 76;

/** Asks chronyd for its tracking report. */
export function chronyRequest(sequence: number): Buffer {
  const packet = Buffer.alloc(replyBytes);
  packet[0] = version;
  packet[1] = 1;
  packet.writeUInt16BE(trackingRequest, 4);
  packet.writeUInt32BE(sequence, 8);
  return packet;
}

/** Reads the reply; `undefined` for anything that is not the answer to this request. */
export function parseChronyReply(packet: Buffer, sequence: number): ClockState | undefined {
  if (packet.length < replyBytes || packet[0] !== version || packet[1] !== 2) return undefined;
  const [kind, status] = [packet.readUInt16BE(6), packet.readUInt16BE(8)];
  if (kind !== trackingReply || status !== 0 || packet.readUInt32BE(16) !== sequence) return undefined;
  // Reference id (4 bytes), its address (20), stratum, leap status, time of reference (12), then numbers.
  const stratum = packet.readUInt16BE(headerBytes + 24);
  const leap = packet.readUInt16BE(headerBytes + 26);
  // What chronyd still has to add to this clock.
  const correction = chronyFloat(packet.readUInt32BE(headerBytes + 40));
  return { synchronised: leap !== 3, offset: correction === 0 ? 0 : -correction, stratum };
}

/** Chrony's float: 7 bits of exponent and 25 bits of coefficient, both in two's complement. */
function chronyFloat(word: number): number {
  const exponent = ((word >> 25) << 25) >> 25;
  const coefficient = (word << 7) >> 7;
  return coefficient * 2 ** (exponent - 25);
}
