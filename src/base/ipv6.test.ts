import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCidr6, parseIpv6 } from './ipv6.ts';

test('IPv6 addresses are read in each of their forms, and nothing else is', () => {
  assert.equal(parseIpv6('::'), 0n);
  assert.equal(parseIpv6('::1'), 1n);
  assert.equal(parseIpv6('2001:db8::'), 0x20010db8n << 96n);
  assert.equal(parseIpv6('2001:DB8:0:0:0:0:0:1'), parseIpv6('2001:db8::1'));
  assert.equal(parseIpv6('::ffff:192.0.2.1'), 0xffffc0000201n);
  assert.equal(parseIpv6('1:2:3:4:5:6:7:8'), 0x00010002000300040005000600070008n);
  for (const text of ['', '192.0.2.1', ':::', '1:2', 'fe80::1%eth0', 'fe80::1/64', '12345::'])
    assert.equal(parseIpv6(text), undefined, text);
});

test('an IPv6 network has no host bits', () => {
  assert.deepEqual(parseCidr6('2001:db8::/126'), {
    first: 0x20010db8n << 96n,
    last: (0x20010db8n << 96n) + 3n,
    prefix: 126,
  });
  assert.deepEqual(parseCidr6('8000::/1'), { first: 1n << 127n, last: (1n << 128n) - 1n, prefix: 1 });
  for (const text of [
    '2001:db8::/',
    '2001:db8::/x',
    '2001:db8::/0064',
    '2001:db8::1/64',
    '2001:db8::',
    '2001:db8::/127',
    '2001:db8::/0',
    '2001:db8::/64/1',
    '10.0.0.0/8',
  ]) {
    assert.equal(parseCidr6(text), undefined, text);
  }
});
