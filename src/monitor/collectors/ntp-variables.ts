import type { ClockState } from './chrony-tracking.ts';

// NTP's control messages (mode 6, RFC 9327), which ntpd and ntpsec answer on the loopback.

const headerBytes = 12;
const readVariables = 2;

/** Asks ntpd for variables of its clock. */
export function ntpRequest(sequence: number): Buffer {
  const names = Buffer.from('leap,stratum,offset\0');
  const packet = Buffer.alloc(headerBytes + names.length);
  packet[0] = 0x16;
  packet[1] = readVariables;
  packet.writeUInt16BE(sequence, 2);
  packet.writeUInt16BE(names.length - 1, 10);
  names.copy(packet, headerBytes);
  return packet;
}

/** Reads the reply; `undefined` for anything that is not the answer to this request. */
export function parseNtpReply(packet: Buffer, sequence: number): ClockState | undefined {
  if (packet.length < headerBytes || ((packet[0] ?? 0) & 7) !== 6 || packet[1] !== (0x80 | readVariables)) return undefined;
  if (packet.readUInt16BE(2) !== sequence) return undefined;
  const text = packet.toString('latin1', headerBytes, headerBytes + packet.readUInt16BE(10));
  const value = (name: string) => new RegExp(`(?:^|[, \\r\\n])${name}=([-+.\\d]+)`).exec(text)?.[1];
  const [leap, stratum, offset] = [value('leap'), value('stratum'), value('offset')];
  if (leap === undefined) return undefined;
  // In milliseconds that this clock is behind.
  return { synchronised: Number(leap) !== 3, offset: offset === undefined ? null : -Number(offset) / 1000, stratum: Number(stratum ?? 0) };
}
