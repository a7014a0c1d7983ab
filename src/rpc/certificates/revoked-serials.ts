/** One value of DER: its tag, its content, and where the next one begins. */
interface Value {
  readonly tag: number;
  readonly content: Buffer;
  readonly next: number;
}

const [integer, utcTime, generalizedTime, sequence] = [0x02, 0x17, 0x18, 0x30];

/** @throws RangeError when it is cut off */
function readValue(der: Buffer, offset: number): Value {
  const tag = der.readUInt8(offset);
  const first = der.readUInt8(offset + 1);
  const bytes = first < 0x80 ? 0 : first & 0x7f;
  if (bytes > 4) throw new RangeError('a length is too long');
  const length = bytes === 0 ? first & 0x7f : der.readUIntBE(offset + 2, bytes);
  const start = offset + 2 + bytes;
  if (start + length > der.length) throw new RangeError('a value is cut off');
  return { tag, content: der.subarray(start, start + length), next: start + length };
}

function* valuesIn(der: Buffer): Generator<Value> {
  for (let offset = 0; offset < der.length; ) {
    const value = readValue(der, offset);
    yield value;
    offset = value.next;
  }
}

/**
 * Serial numbers in a list of revoked certificates (RFC 5280, DER), hex in lower case without leading zeros. Read here, as the
 * library of certificates finds none in a list that does not say when the next one comes.
 * @throws RangeError when it is none
 */
export function revokedSerials(der: Buffer): string[] {
  const signed = readValue(der, 0);
  const list = readValue(signed.content, 0);
  const times = (tag: number) => tag === utcTime || tag === generalizedTime;
  let sawTime = false;
  for (const { tag, content } of valuesIn(list.content)) {
    if (times(tag)) sawTime = true;
    else if (sawTime && tag === sequence) return Array.from(valuesIn(content), serialOf);
  }
  if (!sawTime) throw new RangeError('it has no time');
  return [];
}

function serialOf({ content }: Value): string {
  const { tag, content: serial } = readValue(content, 0);
  if (tag !== integer) throw new RangeError('an entry has no serial number');
  return serial.toString('hex').replace(/^0+/, '');
}
