import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIpv4, parseCidr, parseIpv4 } from './ipv4.ts';

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
