import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressMap, edgeAddresses, ipv4Number } from './address-map.ts';

test('marks taken addresses and leaves out those of elsewhere', () => {
  assert.deepEqual(addressMap('10.0.0.8/30', ['10.0.0.8', '10.0.0.10', '10.0.1.0', 'nonsense']), { map: 'X.X.', free: 2, reserved: 2 });
  assert.deepEqual(edgeAddresses('192.168.50.0/24'), ['192.168.50.0', '192.168.50.255']);
});

test('a network that is not one, or is too large to draw, has an empty map', () => {
  for (const cidr of ['', '10.0.0.0', '10.0.0.0/8', '10.0.0.0/33', '10.0.0/24', 'x/24']) {
    assert.deepEqual(addressMap(cidr, []), { map: '', free: 0, reserved: 0 }, cidr);
  }
});

test('free and reserved add up to the size', () => {
  fc.assert(
    fc.property(fc.integer({ min: 20, max: 32 }), fc.array(fc.ipV4()), (prefix, addresses) => {
      const { map, free, reserved } = addressMap(`10.20.0.0/${prefix}`, addresses);
      assert.equal(free + reserved, 2 ** (32 - prefix));
      assert.equal(map.length, free + reserved);
    }),
    { seed: 3 },
  );
});

test('numbers of addresses', () => {
  assert.equal(ipv4Number('1.2.3.4'), 0x01020304);
  assert.equal(ipv4Number('255.255.255.255'), 0xffffffff);
  assert.equal(ipv4Number('1.2.3'), undefined);
  assert.equal(ipv4Number('1.2.3.256'), undefined);
});
