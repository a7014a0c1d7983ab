import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { afterEach, test } from 'node:test';
import { silentLog, systemClock } from '../../src/base/index.ts';
import { createJoinService, type JoinAuthority } from '../../src/cluster/create-join-service.ts';
import { type SimulatedMaster, startSimulatedMaster } from '../support/simulated-master.ts';

// How nodes get in: through the join service of a master whose queue and store are real.

let master: SimulatedMaster | undefined;

afterEach(async () => {
  await master?.close();
  master = undefined;
});

/** Signs anything; the "key" of a request is its text. */
const authority: JoinAuthority = {
  ca: 'ca',
  crl: 'crl',
  encodeToken: ({ id, secret }) => `${id} ${secret}`,
  signNode: async (csr) => ({ certificate: `signed ${csr}`, fingerprint: createHash('sha256').update(csr).digest('hex') }),
};

function serviceOf({ leading, store }: SimulatedMaster, now = () => systemClock.now()) {
  const { config, jobs } = leading.services;
  const clock = { ...systemClock, now };
  return createJoinService({ store, fence: leading.leadership.compare, config, jobs, clock, log: silentLog, authority });
}

const request = (token: string, csr: string) => {
  const [tokenId = '', secret = ''] = token.split(' ');
  return { tokenId, secret, csr, primaryIp: '192.0.2.50', secondaryIp: '192.0.2.50', agentPort: 1811 };
};

test('a node whose answer was lost may come again with its key, and nobody else with his', async () => {
  master = await startSimulatedMaster(1);
  const service = serviceOf(master);
  const { token } = await service.createToken({ nodeName: 'fresh', ttlSeconds: 60, user: 'tester' });
  const first = await service.join(request(token, 'my key'));
  const again = await service.join(request(token, 'my key'));
  assert.equal(again.nodeUuid, first.nodeUuid);
  assert.equal(again.certificate, 'signed my key');
  await assert.rejects(service.join(request(token, 'another key')), { code: 'JOIN_TOKEN_INVALID' });
  assert.equal(master.leading.services.config.current.nodes.size, 2);
});

test('a wrong secret, an unknown token and an expired one are refused alike', async () => {
  master = await startSimulatedMaster(1);
  let now = systemClock.now();
  const service = serviceOf(master, () => now);
  const { token } = await service.createToken({ nodeName: 'fresh', ttlSeconds: 60, user: 'tester' });
  const [id] = token.split(' ');
  await assert.rejects(service.join(request(`${id} guess`, 'k')), { code: 'JOIN_TOKEN_INVALID' });
  await assert.rejects(service.join(request('nothing nothing', 'k')), { code: 'JOIN_TOKEN_INVALID' });
  now += 61_000;
  await assert.rejects(service.join(request(token, 'k')), { code: 'JOIN_TOKEN_INVALID' });
  assert.equal(master.leading.services.config.current.nodes.size, 1);
  await service.createToken({ nodeName: 'fresh', ttlSeconds: 60, user: 'tester' });
  assert.equal((await master.store.range('/join-tokens/')).entries.length, 1, 'the expired one is forgotten');
});
