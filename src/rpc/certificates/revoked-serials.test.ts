import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuthority, createRevocationList } from '../index.ts';
import { revokedSerials } from './revoked-serials.ts';

const derOf = (pem: string): Buffer => Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');

test('the serial numbers of a list are read, however many there are', async () => {
  const authority = await createAuthority('test');
  for (const count of [0, 1, 2, 300]) {
    const serials = Array.from({ length: count }, (_, index) => (index * 7919 + 1).toString(16));
    const list = await createRevocationList(
      authority,
      serials.map((serial) => ({ serial, at: 1_700_000_000_000 })),
    );
    assert.deepEqual(revokedSerials(derOf(list)), serials);
  }
});

test('a list that is cut off or damaged is refused, never read in part as if it were whole', async () => {
  const authority = await createAuthority('test');
  const list = derOf(await createRevocationList(authority, [{ serial: 'abc', at: 1_700_000_000_000 }]));
  for (let length = 0; length < list.length; length += 7) assert.throws(() => revokedSerials(list.subarray(0, length)), RangeError);
});

/** A value of DER: tag, length in as few bytes as it takes, or in as many as are given. */
function der(tag: number, content: Buffer | string, lengthBytes?: number): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const short = lengthBytes === undefined && bytes.length < 0x80;
  const length = Buffer.alloc(short ? 1 : 1 + (lengthBytes ?? 2));
  if (short) length[0] = bytes.length;
  else {
    length[0] = 0x80 | (length.length - 1);
    if (length.length - 1 <= 6) length.writeUIntBE(bytes.length, 1, length.length - 1);
  }
  return Buffer.concat([Buffer.from([tag]), length, bytes]);
}
const [integer, utcTime, generalizedTime, sequence] = [0x02, 0x17, 0x18, 0x30];
const entry = (serial: string, tag = integer) => der(sequence, der(tag, Buffer.from(serial, 'hex')));
const listOf = (...parts: Buffer[]) => der(sequence, der(sequence, Buffer.concat(parts)));
const revoked = der(sequence, Buffer.concat([entry('00ff01'), entry('02')]));
const algorithm = der(sequence, Buffer.concat([entry('99')]));

test('serial numbers are those behind the times, of either form', () => {
  for (const time of [utcTime, generalizedTime]) {
    const [once, next] = [der(time, '300101000000Z'), der(time, '310101000000Z')];
    assert.deepEqual(revokedSerials(listOf(algorithm, once, revoked)), ['ff01', '2']);
    assert.deepEqual(revokedSerials(listOf(algorithm, once, next, revoked)), ['ff01', '2']);
    assert.deepEqual(revokedSerials(listOf(algorithm, once)), [], 'nothing is revoked');
  }
});

test('lengths may take up to four bytes', () => {
  for (const bytes of [1, 2, 4]) {
    const long = der(sequence, Buffer.concat([entry('05')]), bytes);
    assert.deepEqual(revokedSerials(listOf(der(utcTime, 'now'), long)), ['5'], `${bytes} bytes`);
  }
  const tooLong = der(sequence, entry('05'), 5);
  assert.throws(() => revokedSerials(listOf(der(utcTime, 'now'), tooLong)), { name: 'RangeError', message: /a length is too long/ });
});

test('what is no list of revoked certificates is refused', () => {
  const refused = (bytes: Buffer, message: RegExp) => assert.throws(() => revokedSerials(bytes), { name: 'RangeError', message });
  refused(listOf(algorithm, revoked), /it has no time/);
  refused(listOf(der(utcTime, 'now'), der(sequence, entry('05', utcTime))), /an entry has no serial number/);
  const whole = listOf(der(utcTime, 'now'), revoked);
  refused(whole.subarray(0, -1), /a value is cut off/);
  assert.deepEqual(revokedSerials(Buffer.concat([whole, Buffer.from('what follows')])), ['ff01', '2']);
});
