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
