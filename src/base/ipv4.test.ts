import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cidrContains, formatIpv4, type Ipv4Network, isUnicastIpv4, parseCidr, parseIpv4 } from './ipv4.ts';

test('addresses and networks are read and written', () => {
  assert.equal(formatIpv4(parseIpv4('255.0.128.7') ?? 0), '255.0.128.7');
  assert.deepEqual(parseCidr('10.1.2.0/24'), { first: parseIpv4('10.1.2.0'), last: parseIpv4('10.1.2.255'), prefix: 24 });
});

test('what is none is refused', () => {
  for (const text of ['', '1.2.3', '1.2.3.256', '01.2.3.4', '1.2.3.4.5', 'a.b.c.d', '1.2.3.-4'])
    assert.equal(parseIpv4(text), undefined, text);
  for (const text of ['10.0.0.0', '10.0.0.1/24', '10.0.0.0/31', '10.0.0.0/7', '10.0.0.0/x', '10.0.0.0/'])
    assert.equal(parseCidr(text), undefined, text);
});

const address = (text: string): number => parseIpv4(text) ?? Number.NaN;

test('the smallest and the largest network, and the ends of one', () => {
  assert.deepEqual(parseCidr('10.0.0.0/8'), { first: address('10.0.0.0'), last: address('10.255.255.255'), prefix: 8 });
  assert.deepEqual(parseCidr('10.0.0.4/30'), { first: address('10.0.0.4'), last: address('10.0.0.7'), prefix: 30 });
  const network = parseCidr('10.0.0.4/30') as Ipv4Network;
  assert.deepEqual(
    ['10.0.0.3', '10.0.0.4', '10.0.0.7', '10.0.0.8'].map((text) => cidrContains(network, address(text))),
    [false, true, true, false],
  );
});

test('hosts have no address of this network, loopback, link-local, multicast or what is reserved', () => {
  const can = ['1.0.0.0', '126.255.255.255', '128.0.0.0', '169.253.0.1', '169.255.0.0', '192.168.1.1', '223.255.255.255'];
  const cannot = ['0.0.0.0', '0.255.255.255', '127.0.0.1', '169.254.0.0', '169.254.255.255', '224.0.0.0', '255.255.255.255'];
  for (const text of can) assert.equal(isUnicastIpv4(address(text)), true, text);
  for (const text of cannot) assert.equal(isUnicastIpv4(address(text)), false, text);
});
