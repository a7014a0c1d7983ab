import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { afterEach, test } from 'node:test';
import { silentLog, systemClock } from '../../src/base/index.ts';
import { createJoinService } from '../../src/cluster/create-join-service.ts';
import type { JoinAuthority } from '../../src/cluster/join-authority.ts';
import { JoinTokens } from '../../src/cluster/join-tokens.ts';
import { type SimulatedMaster, startSimulatedMaster } from '../support/simulated-master.ts';
import { tester } from '../support/tester.ts';

// How nodes get in: through the join service of a master whose queue and store are real.

let master: SimulatedMaster | undefined;

afterEach(async () => {
  await master?.close();
  master = undefined;
});

/** Signs anything; the "key" of a request is its text. */
const authority: JoinAuthority = {
  ca: 'ca',
  revocationList: async () => 'crl',
  useRevocationList: async () => undefined,
  encodeToken: ({ id, secret }) => `${id} ${secret}`,
  signNode: async (csr) => ({
    certificate: `signed ${csr}`,
    fingerprint: createHash('sha256').update(csr).digest('hex'),
    serial: Buffer.from(csr).toString('hex'),
    expires: 4e9,
  }),
};

function serviceOf({ leading, store }: SimulatedMaster, now = () => systemClock.now()) {
  const { config, jobs } = leading.services;
  const clock = { ...systemClock, now };
  const { leadership } = leading;
  return createJoinService({
    tokens: new JoinTokens({ store, leadership, clock, log: silentLog }),
    leadership,
    config,
    jobs,
    clock,
    log: silentLog,
    authority,
    revocations: { current: async () => 'crl' },
  });
}

const request = (token: string, csr: string) => {
  const [tokenId = '', secret = ''] = token.split(' ');
  return { tokenId, secret, csr, primaryIp: '192.0.2.50', secondaryIp: '192.0.2.50', agentPort: 1811, from: '192.0.2.50' };
};

test('a node whose answer was lost may come again with its key, and nobody else with his', async () => {
  master = await startSimulatedMaster(1);
  const service = serviceOf(master);
  const { token } = await service.createToken({ nodeName: 'fresh', ttlSeconds: 60, by: tester });
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
  const { token } = await service.createToken({ nodeName: 'fresh', ttlSeconds: 60, by: tester });
  const [id] = token.split(' ');
  await assert.rejects(service.join(request(`${id} guess`, 'k')), { code: 'JOIN_TOKEN_INVALID' });
  await assert.rejects(service.join(request('nothing nothing', 'k')), { code: 'JOIN_TOKEN_INVALID' });
  now += 61_000;
  await assert.rejects(service.join(request(token, 'k')), { code: 'JOIN_TOKEN_INVALID' });
  assert.equal(master.leading.services.config.current.nodes.size, 1);
  await service.createToken({ nodeName: 'fresh', ttlSeconds: 60, by: tester });
  assert.equal((await master.store.range('/join-tokens/')).entries.length, 1, 'the expired one is forgotten');
});

test('a node joins only with an address that its token allows, or from which it speaks, and never with that of another', async () => {
  master = await startSimulatedMaster(2);
  const service = serviceOf(master);
  const ask = async (addresses: string[] | undefined, claimed: { primaryIp: string; secondaryIp?: string; from?: string }) => {
    const { token } = await service.createToken({ nodeName: 'fresh', ttlSeconds: 60, by: tester, ...(addresses && { addresses }) });
    const { primaryIp, secondaryIp = primaryIp, from = primaryIp } = claimed;
    return service.join({ ...request(token, 'k'), primaryIp, secondaryIp, from });
  };
  const refused: [string[] | undefined, Parameters<typeof ask>[1]][] = [
    [undefined, { primaryIp: '127.0.0.1' }],
    [undefined, { primaryIp: '127.9.9.9' }],
    [undefined, { primaryIp: '0.0.0.0' }],
    [undefined, { primaryIp: '224.0.0.1' }],
    [undefined, { primaryIp: '192.0.2.1' }],
    [undefined, { primaryIp: '192.0.2.2' }],
    [undefined, { primaryIp: '192.0.2.50', from: '192.0.2.51' }],
    [undefined, { primaryIp: '192.0.2.50', secondaryIp: '192.0.2.1' }],
    [undefined, { primaryIp: '192.0.2.50', secondaryIp: '198.51.100.1' }],
    [['192.0.2.60'], { primaryIp: '192.0.2.50' }],
    [['198.51.100.0/24'], { primaryIp: '192.0.2.50' }],
    [['192.0.2.0/24'], { primaryIp: '192.0.2.1' }],
    [['192.0.2.0/24'], { primaryIp: '192.0.2.50', secondaryIp: '198.51.100.1' }],
  ];
  for (const [addresses, claimed] of refused) {
    await assert.rejects(ask(addresses, claimed), { code: 'JOIN_ADDRESS_REFUSED' }, JSON.stringify([addresses, claimed]));
    assert.equal(master.leading.services.config.current.nodes.size, 2);
  }
  for (const addresses of [['127.0.0.1'], ['0.0.0.0'], ['node9'], ['192.0.2.1/24']])
    await assert.rejects(ask(addresses, { primaryIp: '192.0.2.50' }), { code: 'INPUT_INVALID' }, addresses.join());
  await ask(['192.0.2.0/24', '198.51.100.7'], { primaryIp: '192.0.2.50', secondaryIp: '198.51.100.7', from: '::ffff:203.0.113.9' });
  const { primary_ip, secondary_ip, certificates } = master.leading.services.config.current.nodes.find('fresh') ?? {};
  assert.deepEqual([primary_ip, secondary_ip], ['192.0.2.50', '198.51.100.7']);
  assert.deepEqual(certificates, [{ serial: Buffer.from('k').toString('hex'), expires: 4e9 }]);
});

test('a node that is taken out has its certificates revoked, all that were signed for it', async () => {
  master = await startSimulatedMaster(1);
  const { config } = master.leading.services;
  const service = serviceOf(master);
  const { token } = await service.createToken({ nodeName: 'fresh', ttlSeconds: 60, by: tester });
  await service.join(request(token, 'key'));
  await master.run({ OP_ID: 'OP_NODE_REMOVE', node_name: 'fresh' });
  assert.deepEqual(Object.keys(config.current.cluster.revoked_certificates ?? {}), [Buffer.from('key').toString('hex')]);
  assert.equal(config.current.nodes.find('fresh'), undefined);
});

test('with a node all its tokens are gone, also those that nobody has used', async () => {
  master = await startSimulatedMaster(1);
  const { config } = master.leading.services;
  const service = serviceOf(master);
  const create = () => service.createToken({ nodeName: 'fresh', ttlSeconds: 3600, by: tester });
  const [first, second] = [await create(), await create()];
  await service.join(request(first.token, 'key'));
  await master.run({ OP_ID: 'OP_NODE_REMOVE', node_name: 'fresh' });
  assert.deepEqual((await master.store.range('/join-tokens/')).entries, []);
  await assert.rejects(service.join(request(second.token, 'a new key')), { code: 'JOIN_TOKEN_INVALID' });
  const entry = { OP_ID: 'OP_NODE_ADD', node_name: 'fresh', primary_ip: '192.0.2.50', agent_port: 1811 };
  await master.run({ OP_ID: 'OP_GROUP_ADD', group_name: 'far' });
  await master.run({ ...entry, group: 'far' });
  const { token } = await create();
  await master.run({ OP_ID: 'OP_NODE_REMOVE', node_name: 'fresh' });
  await assert.rejects(service.join(request(token, 'a new key')), { code: 'JOIN_TOKEN_INVALID' });
  assert.equal(config.current.nodes.find('fresh'), undefined);
});

test('the token of a node that was removed lets it in no more; a new one does', async () => {
  master = await startSimulatedMaster(1);
  const { config } = master.leading.services;
  let now = systemClock.now();
  const service = serviceOf(master, () => now);
  const { token } = await service.createToken({ nodeName: 'fresh', ttlSeconds: 3600, by: tester });
  await service.join(request(token, 'key'));
  await master.run({ OP_ID: 'OP_NODE_REMOVE', node_name: 'fresh' });
  await assert.rejects(service.join(request(token, 'key')), { code: 'JOIN_TOKEN_INVALID' });
  assert.equal(config.current.nodes.find('fresh'), undefined);
  now += 600_000;
  const { token: next } = await service.createToken({ nodeName: 'fresh', ttlSeconds: 3600, by: tester });
  await service.join(request(next, 'key'));
  assert.ok(config.current.nodes.find('fresh'));
});

test('a node that is only configured joins with a token for its name, under the same checks, and then is like any other', async () => {
  master = await startSimulatedMaster(1);
  const { config } = master.leading.services;
  const service = serviceOf(master);
  await master.run({ OP_ID: 'OP_NODE_ADD', node_name: 'fresh', primary_ip: '192.0.2.50', secondary_ip: '192.0.2.60', agent_port: 1811 });
  const before = config.current.nodes.find('fresh');
  assert.deepEqual([before?.offline, before?.certificate_fingerprint], [true, '']);
  for (const change of [{ offline: false }, { master_candidate: true }, { drained: true }])
    await assert.rejects(master.run({ OP_ID: 'OP_NODE_SET_PARAMS', node_name: 'fresh', ...change }), { code: 'NODE_NOT_JOINED' });
  const create = { OP_ID: 'OP_INSTANCE_CREATE', instance_name: 'web', disk_template: 'diskless', no_install: true };
  await assert.rejects(master.run({ ...create, pnode: 'fresh' }), { code: 'NODE_NOT_JOINED' });
  await assert.rejects(master.run({ OP_ID: 'OP_NODE_EVACUATE', node_name: 'fresh', mode: 'primary-only' }), { code: 'NODE_NOT_JOINED' });
  const tokenOf = async (more: object = {}) =>
    (await service.createToken({ nodeName: 'fresh', ttlSeconds: 60, by: tester, ...more })).token;
  await assert.rejects(tokenOf({ group: 'nowhere' }), { code: 'OBJECT_UNKNOWN' });
  await master.run({ OP_ID: 'OP_GROUP_ADD', group_name: 'other' });
  await assert.rejects(tokenOf({ group: 'other' }), { code: 'INPUT_INVALID', message: /configured in the group default/ });
  const [first, second, wide] = [await tokenOf(), await tokenOf(), await tokenOf({ addresses: ['192.0.2.0/24'] })];
  // Without a wish, its token allows what is configured, from wherever it comes.
  const elsewhere = { primaryIp: '192.0.2.51', secondaryIp: '192.0.2.51', from: '192.0.2.51' };
  await assert.rejects(service.join({ ...request(first, 'k'), ...elsewhere }), { code: 'JOIN_ADDRESS_REFUSED' });
  await assert.rejects(service.join({ ...request(wide, 'k'), primaryIp: '192.0.2.1' }), { code: 'JOIN_ADDRESS_REFUSED' });
  await assert.rejects(service.join(request(`${first.split(' ')[0]} guess`, 'k')), { code: 'JOIN_TOKEN_INVALID' });
  assert.equal(config.current.nodes.find('fresh')?.certificate_fingerprint, '');
  const own = { secondaryIp: '192.0.2.60', from: '203.0.113.9' };
  const joined = await service.join({ ...request(first, 'k'), ...own });
  const after = config.current.nodes.find('fresh');
  assert.deepEqual([joined.nodeUuid, after?.uuid, after?.offline, config.current.nodes.size], [before?.uuid, before?.uuid, false, 2]);
  assert.equal(after?.certificate_fingerprint, createHash('sha256').update('k').digest('hex'));
  assert.equal((await service.join({ ...request(first, 'k'), ...own })).jobId, 0, 'it may come again when an answer was lost');
  await assert.rejects(service.join({ ...request(second, 'thief'), ...own }), { code: 'NAME_TAKEN' });
  await assert.rejects(tokenOf(), { code: 'NAME_TAKEN' });
  assert.equal(config.current.nodes.find('fresh')?.certificate_fingerprint, after?.certificate_fingerprint);
});

test('a node that never joined is removed like any other', async () => {
  master = await startSimulatedMaster(1);
  await master.run({ OP_ID: 'OP_NODE_ADD', node_name: 'fresh', primary_ip: '192.0.2.50', agent_port: 1811 });
  await master.run({ OP_ID: 'OP_NODE_REMOVE', node_name: 'fresh' });
  const { nodes, cluster } = master.leading.services.config.current;
  assert.deepEqual([nodes.size, cluster.revoked_certificates], [1, {}]);
});
