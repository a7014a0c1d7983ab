import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { type SimulatedMaster, startSimulatedMaster } from '../support/simulated-master.ts';

// A store that was put back to an earlier state knows nothing of nodes that were removed since; the master's own list does.

let master: SimulatedMaster;
afterEach(() => master.close());

test('a master that leads with a restored store keeps revoked what its own list has revoked', async () => {
  const used: string[] = [];
  master = await startSimulatedMaster(1, {
    authority: {
      keptRevocations: async () => ['abc', 'de'],
      revocationList: async (revoked) => revoked.map(({ serial }) => serial).join(),
      useRevocationList: async (crl) => void used.push(crl),
    },
  });
  const { revoked_certificates: revoked = {} } = master.leading.services.config.current.cluster;
  assert.deepEqual(Object.keys(revoked), ['abc', 'de']);
  for (const { at, expires } of Object.values(revoked)) assert.ok(expires - at > 365 * 86_400);
  assert.deepEqual(used, ['abc,de'], 'before the first node is called');
});

test('a list that cannot be read keeps nobody from leading', async () => {
  master = await startSimulatedMaster(1, { authority: { keptRevocations: () => Promise.reject(new Error('no such luck')) } });
  assert.equal(master.leading.services.config.current.cluster.revoked_certificates, undefined);
});
