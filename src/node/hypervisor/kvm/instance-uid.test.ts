import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { instanceUid, probeUid, uidCount } from './instance-uid.ts';

it('gives each console port a user of its own, and every instance one within the range', () => {
  const port = fc.option(fc.integer({ min: 1, max: 65_535 }));
  fc.assert(
    fc.property(fc.uuid(), fc.uuid(), port, port, (uuid, other, first, second) => {
      const uid = instanceUid(200_000, { uuid, network_port: first });
      assert.ok(uid >= 200_000 && uid < 200_000 + uidCount);
      assert.notEqual(uid, probeUid(200_000));
      assert.equal(instanceUid(200_000, { uuid, network_port: first }), uid);
      const inRange = (value: number | null): value is number => value !== null && value >= 11_000 && value < 15_000;
      if (inRange(first) && first !== second) assert.notEqual(instanceUid(200_000, { uuid: other, network_port: second }), uid);
    }),
    { seed: 5 },
  );
});
