import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Principal } from '../access/index.ts';
import { type Clock, GantryError, type Log, silentLog } from '../base/index.ts';
import type { JobQueue, OpInput } from '../jobs/index.ts';
import { type Cluster, type Instance, keys, type Node } from '../model/index.ts';
import type { Store } from '../store/index.ts';
import { createJoinService } from './create-join-service.ts';
import { JoinTokens } from './join-tokens.ts';
import { changingConfig } from './testing/changing-config.ts';
import { memoryStore } from './testing/memory-store.ts';
import { plainGroup, plainInstance, plainNode, plainUuid } from './testing/plain-config.ts';

const alice: Principal = { name: 'alice', scheme: 'users-file', groups: ['staff'], options: ['write'] };

const shaOf = (text: string) => createHash('sha256').update(text).digest('hex');
const address = '198.51.100.7';

interface Situation {
  readonly cluster?: Partial<Cluster>;
  readonly nodes?: readonly Node[];
  readonly instances?: readonly Instance[];
  /** The registration of the node fails. */
  readonly failing?: GantryError;
  /** Its job succeeds, and no node is there. */
  readonly lost?: boolean;
}

/** A join service whose queue registers nodes at once, and whose clock stands at `time.now` seconds. */
async function rig({ cluster = {}, nodes = [plainNode(0)], instances = [], failing, lost }: Situation = {}) {
  const store = memoryStore();
  await store.transact({ compares: [], writes: [{ type: 'put', key: '/leader', value: 'me' }] });
  const compare = { key: '/leader', modRevision: 1 };
  const config = changingConfig({ cluster, groups: [plainGroup(0), plainGroup(1)], nodes, instances });
  const time = { now: 1_000_000 };
  const clock: Clock = { now: () => time.now * 1000, sleep: async () => undefined };
  const [submitted, reasons, signed, made]: [unknown[], string[], unknown[], unknown[]] = [[], [], [], []];
  const jobs = {
    submit: async (ops: readonly OpInput[], by: Principal) => {
      submitted.push({ ops, by });
      const [op] = ops as readonly Record<string, unknown>[];
      if (!failing && !lost && op) {
        const node = plainNode(5, { name: String(op['node_name']), certificate_fingerprint: String(op['certificate_fingerprint']) });
        await config.transact((draft) => draft.create('node', node));
      }
      return 77;
    },
    get: async (id: number) => {
      assert.equal(id, 77);
      return { id, ops: [{ status: failing ? 'error' : 'success', ...(failing && { result: { error: failing.toReport() } }) }] };
    },
  } as unknown as JobQueue;
  const leadership = { compare, rider: () => ({ compares: [], writes: [] }), lose: () => undefined };
  const log: Log = Object.assign(Object.create(silentLog) as Log, {
    warn: ({ reason }: { reason: string }) => void reasons.push(reason),
    info: (facts: unknown) => void made.push(facts),
  });
  const tokens = new JoinTokens({ store: store as Store, leadership, clock, log });
  const service = createJoinService({
    tokens,
    leadership,
    config,
    jobs,
    clock,
    log,
    authority: {
      ca: 'the CA',
      encodeToken: ({ id, secret, node }: Record<string, string>) => `${id} ${secret} ${node}`,
      signNode: async (csr: string, node: unknown) => {
        signed.push(node);
        return { certificate: `signed ${csr}`, fingerprint: shaOf(csr), serial: 'ab', expires: 2_000_000 };
      },
    } as never,
    revocations: { current: async () => 'the list' },
  });
  const token = async (more: object = {}) => {
    const made = await service.createToken({ nodeName: 'late', ttlSeconds: 60, by: alice, ...more });
    const [id = '', secret = ''] = made.token.split(' ');
    return { ...made, id, secret };
  };
  const join = ({ id, secret }: { id: string; secret: string }, more: object = {}) =>
    service.join({ tokenId: id, secret, csr: 'my key', primaryIp: address, secondaryIp: address, agentPort: 1811, from: address, ...more });
  const stored = async (id: string) => JSON.parse((await store.get(keys.joinToken(id)))?.value ?? 'null') as Record<string, unknown> | null;
  return { service, tokens, store, config, time, submitted, reasons, signed, made, token, join, stored };
}

const invalid = { code: 'JOIN_TOKEN_INVALID' };

describe('a join token', () => {
  it('is kept as a hash, with what it is good for', async () => {
    const { token, stored, made } = await rig();
    const { id, secret, expiresAt, token: text } = await token({ group: 'group1', addresses: ['198.51.100.0/24'] });
    assert.deepEqual([expiresAt, text], [1_000_060, `${id} ${secret} late`]);
    assert.deepEqual(made, [{ tokenId: id, node: 'late', user: 'alice' }], 'who made it is logged, not the secret');
    assert.deepEqual(await stored(id), {
      secret_sha256: shaOf(secret),
      node_name: 'late',
      node: null,
      group: 'group1',
      group_uuid: plainUuid(1, 1),
      expires_at: 1_000_060,
      created_at: 1_000_000,
      user: 'alice',
      principal: alice,
      key_fingerprint: null,
      addresses: ['198.51.100.0/24'],
    });
    const other = await token();
    assert.notEqual(other.secret, secret);
    assert.deepEqual([(await stored(other.id))?.['group'], (await stored(other.id))?.['addresses']], [null, []]);
  });

  it('is refused for a node or a group that cannot be, and by a deposed master', async () => {
    const { token, store } = await rig();
    await assert.rejects(token({ nodeName: 'node0' }), { code: 'NAME_TAKEN' });
    await assert.rejects(token({ group: 'nowhere' }), { code: 'OBJECT_UNKNOWN' });
    for (const one of ['127.0.0.1', '224.0.0.1', 'x'])
      await assert.rejects(token({ addresses: [address, one] }), { code: 'INPUT_INVALID' });
    await store.transact({ compares: [], writes: [{ type: 'put', key: '/leader', value: 'other' }] });
    await assert.rejects(token(), { code: 'FENCED' });
  });

  it('is forgotten when it has expired and the next one is made', async () => {
    const { token, time, store } = await rig();
    await token({ ttlSeconds: 10 });
    const kept = await token({ ttlSeconds: 20 });
    time.now += 20;
    const last = await token();
    const { entries } = await store.range(keys.joinTokens);
    assert.deepEqual(entries.map(({ key }) => key).sort(), [keys.joinToken(kept.id), keys.joinToken(last.id)].sort());
  });
});

describe('a node that joins', () => {
  it('gets its certificate and is registered by a job of who made the token', async () => {
    const { token, join, submitted, signed, stored, config } = await rig();
    const mine = await token({ group: 'group1', addresses: ['198.51.100.0/24'] });
    const answer = await join(mine, { secondaryIp: '198.51.100.8' });
    const uuid = plainUuid(2, 5);
    assert.deepEqual(answer, { nodeUuid: uuid, certificate: 'signed my key', ca: 'the CA', crl: 'the list', jobId: 77 });
    assert.deepEqual(signed, [{ name: 'late', addresses: [address, '198.51.100.8'] }]);
    const op = {
      OP_ID: 'OP_NODE_ADD',
      node_name: 'late',
      primary_ip: address,
      secondary_ip: '198.51.100.8',
      agent_port: 1811,
      certificate_fingerprint: shaOf('my key'),
      certificates: [{ serial: 'ab', expires: 2_000_000 }],
      group: 'group1',
    };
    assert.deepEqual(submitted, [{ ops: [op], by: alice }]);
    assert.equal((await stored(mine.id))?.['key_fingerprint'], shaOf('my key'));
    assert.equal(config.current.nodes.get(uuid)?.certificates, undefined);
  });

  it('is added in the name of its user when the token is of an earlier version', async () => {
    const { token, join, submitted, store } = await rig();
    const mine = await token();
    const entry = await store.get(keys.joinToken(mine.id));
    const { principal: _, ...old } = JSON.parse(entry?.value ?? '') as Record<string, unknown>;
    await store.transact({ compares: [], writes: [{ type: 'put', key: keys.joinToken(mine.id), value: JSON.stringify(old) }] });
    await join(mine);
    assert.deepEqual((submitted[0] as { by: Principal }).by, { ...alice, groups: [] });
  });

  it('may come again with its key, and its new certificate is recorded', async () => {
    const { token, join, submitted, signed, config } = await rig();
    const mine = await token();
    await join(mine);
    assert.deepEqual(signed, [{ name: 'late', addresses: [address] }], 'an address is named once');
    assert.ok(!('group' in ((submitted[0] as { ops: object[] }).ops[0] ?? {})));
    assert.equal((await join(mine)).jobId, 0);
    assert.equal(submitted.length, 1);
    assert.deepEqual(config.current.nodes.get(plainUuid(2, 5))?.certificates, [{ serial: 'ab', expires: 2_000_000 }]);
  });

  it('is told why it could not be registered', async () => {
    const failing = new GantryError('NAME_TAKEN', { kind: 'node', name: 'late' });
    const { token, join } = await rig({ failing });
    await assert.rejects(join(await token()), { code: 'NAME_TAKEN' });
    const odd = await rig({ lost: true });
    await assert.rejects(odd.join(await odd.token()), { code: 'INTERNAL', message: /late/ });
  });

  it('is refused with a token that is wrong, old, or of another key; why is only logged', async () => {
    const { token, join, time, reasons, store } = await rig();
    const mine = await token();
    await assert.rejects(join({ id: 'none', secret: mine.secret }), invalid);
    await assert.rejects(join({ id: mine.id, secret: 'guess' }), invalid);
    time.now += 60;
    await join(mine);
    await assert.rejects(join(mine, { csr: 'another key' }), invalid);
    time.now += 0.1;
    await assert.rejects(join(mine), invalid);
    assert.deepEqual(reasons, ['unknown', 'wrong secret', 'used with another key', 'expired']);
    const other = await token({ nodeName: 'other' });
    await store.transact({ compares: [], writes: [{ type: 'put', key: '/leader', value: 'new' }] });
    await assert.rejects(join(other, { csr: 'its key' }), { code: 'FENCED' });
    assert.equal(reasons.length, 4, 'nothing is wrong with the token');
  });

  it('uses a token with one key of two that come at the same time', async () => {
    const { token, join, submitted } = await rig();
    const mine = await token();
    const outcomes = await Promise.allSettled([join(mine), join(mine, { csr: 'another key' })]);
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    assert.equal(submitted.length, 1);
  });

  it('stays out when it was removed after its token was made', async () => {
    const at = (when: number, key = shaOf('my key')) => ({ cluster: { revoked_certificates: { x: { at: when, expires: 9e9, key } } } });
    const outcome = async (situation: Situation, change: object = {}) => {
      const { token, join, store, stored } = await rig(situation);
      const mine = await token();
      const value = JSON.stringify({ ...(await stored(mine.id)), ...change });
      await store.transact({ compares: [], writes: [{ type: 'put', key: keys.joinToken(mine.id), value }] });
      return join(mine).then(
        () => 'joins',
        (error: GantryError) => error.code,
      );
    };
    assert.equal(await outcome(at(1_000_000)), 'JOIN_TOKEN_INVALID');
    assert.equal(await outcome(at(1_000_001)), 'JOIN_TOKEN_INVALID');
    assert.equal(await outcome(at(999_999)), 'joins', 'the token was made after that');
    assert.equal(await outcome(at(1_000_001, 'other')), 'joins');
    assert.equal(await outcome(at(5), { created_at: undefined }), 'JOIN_TOKEN_INVALID', 'a token of an earlier version');
    assert.equal(await outcome({}), 'joins');
  });

  it('joins only from where it says it is, or with an address that its token allows', async () => {
    const nodes = [plainNode(0), plainNode(1, { name: 'late', primary_ip: '198.51.100.9', certificate_fingerprint: shaOf('old key') })];
    const outcome = async (more: object, addresses: readonly string[] = [], situation: Situation = {}) => {
      const { token, join } = await rig(situation);
      return join(await token({ addresses }), more).then(
        () => 'joins',
        (error: GantryError) => error.message,
      );
    };
    const from = (ip: string, primaryIp = ip) => ({ primaryIp, secondaryIp: primaryIp, from: ip });
    assert.equal(await outcome(from(`::ffff:${address}`, address)), 'joins');
    assert.match(await outcome(from('203.0.113.1', address)), /the request comes from 203\.0\.113\.1, and the token names no address/);
    assert.match(await outcome({ secondaryIp: '198.51.100.8' }), /198\.51\.100\.8/);
    assert.match(await outcome(from('192.0.2.1')), /in use by node node0/);
    assert.match(await outcome(from('127.0.0.1')), /loopback/);
    assert.match(await outcome({}, ['203.0.113.0/24', '198.51.100.8']), /the token allows 203\.0\.113\.0\/24, 198\.51\.100\.8/);
    assert.equal(await outcome(from('203.0.113.1', address), [address]), 'joins');
    for (const [ip, joins] of [
      ['198.51.99.255', false],
      ['198.51.100.0', true],
      ['198.51.100.255', true],
      ['198.51.101.0', false],
    ] as const)
      assert.equal((await outcome(from(ip), ['198.51.100.0/24'])) === 'joins', joins, ip);
    const namesake = plainInstance(0, 0, 1, {
      name: 'late',
      nics: [{ uuid: plainUuid(5, 0), name: null, mac: 'aa:00:00:00:00:01', ip: address, network: null, nicparams: {} }],
    });
    assert.match(await outcome({}, [], { instances: [namesake] }), /in use by instance late/);
    const again = await rig({ nodes: [plainNode(0)] });
    const mine = await again.token({ addresses: ['198.51.100.9'] });
    again.config.replace({ nodes, instances: [] });
    assert.equal((await again.join(mine, { ...from('198.51.100.9'), csr: 'old key' })).jobId, 0, 'it has the address itself');
    const loopback = { nodes: [plainNode(0, { primary_ip: '127.0.0.1', secondary_ip: '127.0.0.1' })] };
    assert.equal(await outcome(from('127.0.0.1'), [], loopback), 'joins', 'nodes of a cluster on loopback differ by port');
  });

  const awaited = (more: Partial<Node> = {}) => plainNode(4, { name: 'late', certificate_fingerprint: '', offline: true, ...more });
  const from = { primaryIp: '192.0.2.5', secondaryIp: '192.0.2.5', from: '192.0.2.5' };

  it('takes over the entry that its token was made for, and no other', async () => {
    const { token, join, config, submitted, reasons } = await rig({ nodes: [plainNode(0), awaited({ group: plainUuid(1, 1) })] });
    const mine = await token();
    const [early, later] = [await rig(), await token()];
    await assert.rejects(token({ nodeName: 'LATE' }), { code: 'INPUT_INVALID', message: /node_name.*configured as late/ });
    config.replace({ nodes: [plainNode(0)], instances: [] });
    await assert.rejects(join(mine, from), invalid, 'its entry was removed');
    config.replace({ nodes: [plainNode(0), awaited({ uuid: plainUuid(2, 6) })], instances: [] });
    await assert.rejects(join(later, from), invalid, 'another entry has its name');
    assert.deepEqual([reasons, submitted], [['its node was removed', 'its node was removed'], []]);
    const old = await early.token();
    early.config.replace({ nodes: [plainNode(0), awaited()], instances: [] });
    await assert.rejects(early.join(old, from), invalid, 'somebody configured the node since');
    assert.deepEqual(early.reasons, ['its node was configured later']);
    const good = await rig({ nodes: [plainNode(0), awaited({ uuid: plainUuid(2, 6), name: 'late' })], lost: true });
    await good.join(await good.token(), from);
    const [{ ops }] = good.submitted as [{ ops: readonly [Record<string, unknown>] }];
    assert.equal(ops[0]['configured_uuid'], plainUuid(2, 6));
  });

  it('stays out when its entry is removed with its tokens, or its group is gone', async () => {
    const { tokens, token, join, reasons, config } = await rig();
    const [mine, others, grouped] = [await token(), await token({ nodeName: 'other' }), await token({ nodeName: 'g', group: 'group1' })];
    await tokens.forgetOf({ uuid: plainUuid(2, 9), name: 'LATE' });
    await assert.rejects(join(mine), invalid);
    config.replace({ nodes: [plainNode(0)], instances: [], groups: [plainGroup(0), plainGroup(2, { name: 'group1' })] });
    await assert.rejects(join(grouped), invalid);
    assert.deepEqual(reasons, ['unknown', 'its node group was removed']);
    await join(others);
  });

  it('has a key of its own', async () => {
    const { token, join, submitted, stored } = await rig({ nodes: [plainNode(0, { certificate_fingerprint: shaOf('my key') })] });
    const mine = await token();
    await assert.rejects(join(mine), { code: 'JOIN_KEY_TAKEN', message: 'Node late cannot join with the key of node node0.' });
    assert.deepEqual([submitted, (await stored(mine.id))?.['key_fingerprint']], [[], null], 'the token is still good');
    await join(mine, { csr: 'another key' });
    const two = await rig();
    const wanted = [await two.token({ nodeName: 'a' }), await two.token({ nodeName: 'b' })];
    const at = (ip: string) => ({ primaryIp: ip, secondaryIp: ip, from: ip });
    const outcomes = await Promise.allSettled(wanted.map((one, index) => two.join(one, at(`198.51.100.${index + 1}`))));
    assert.deepEqual(outcomes.map((one) => (one.status === 'rejected' ? (one.reason as GantryError).code : one.status)).sort(), [
      'JOIN_KEY_TAKEN',
      'fulfilled',
    ]);
  });
});
