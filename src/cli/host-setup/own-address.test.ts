import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownAddress, requireOwnAddress } from './own-address.ts';

const loopback = { address: '127.0.0.1', internal: true };
const outside = (...addresses: string[]) => [loopback, ...addresses.map((address) => ({ address, internal: false }))];
const names =
  (...found: string[]) =>
  async () =>
    found;

test('the address is the one that the name stands for, or else the only one', async () => {
  assert.equal(await ownAddress('n1', names('192.0.2.7', '10.0.0.2'), outside('10.0.0.1', '10.0.0.2')), '10.0.0.2');
  assert.equal(await ownAddress('n1', names('127.0.1.1'), outside('10.0.0.1')), '10.0.0.1');
  assert.equal(await ownAddress('n1', names(), outside('10.0.0.1')), '10.0.0.1');
});

test('without one, or with several, somebody has to say it', async () => {
  for (const [found, own, message] of [
    [[], [loopback], /the name "n1" cannot be resolved, and this host has the IPv4 addresses: none\./],
    [['127.0.1.1'], outside('10.0.0.1', '10.0.0.2'), /stands for 127\.0\.1\.1, .*10\.0\.0\.1, 10\.0\.0\.2/],
  ] as const) {
    await assert.rejects(ownAddress('n1', names(...found), [...own]), { code: 'HOST_ADDRESS_UNKNOWN', message });
  }
});

test('only an address of this host is its own', () => {
  requireOwnAddress('127.0.0.1');
  assert.throws(() => requireOwnAddress('192.0.2.77'), { code: 'HOST_ADDRESS_FOREIGN' });
});
