import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { type Clock, GantryError, type Log, silentLog } from '../base/index.ts';
import type { Cluster, Node } from '../model/index.ts';
import { RevocationDistributor, recordCertificate, withRevoked } from './revocation-distributor.ts';
import { changingConfig } from './testing/changing-config.ts';
import { plainLive, plainNode, plainUuid } from './testing/plain-config.ts';

const now = 2e12;
const seconds = now / 1000;
const clock: Clock = { now: () => now, sleep: async () => undefined };
const leadership = { rider: () => ({ compares: [], writes: [] }) };
const [node0, node1, node2] = [plainUuid(2, 0), plainUuid(2, 1), plainUuid(2, 2)];
const lost = new GantryError('NODE_UNREACHABLE', { node: 'node1', address: '192.0.2.1:1811', problem: 'no route' });
const shaOf = (text: string) => createHash('sha256').update(text).digest('hex');

interface Situation {
  readonly cluster?: Partial<Cluster>;
  readonly nodes?: readonly Node[];
  readonly live?: Parameters<typeof plainLive>[0];
  /** Nodes that do not take the list. */
  readonly deaf?: readonly string[];
  /** Held until it resolves. */
  readonly hold?: Promise<void>;
  readonly full?: boolean;
}

function rig({ cluster = {}, nodes = [plainNode(0), plainNode(1)], live = {}, deaf = [], hold, full }: Situation = {}) {
  const config = changingConfig({ cluster, nodes, instances: [] });
  const [sent, made, used, warned]: [unknown[], unknown[], string[], string[]] = [[], [], [], []];
  const log: Log = Object.assign(Object.create(silentLog) as Log, {
    warn: (_facts: unknown, text: string) => void warned.push(text),
    error: (_facts: unknown, text: string) => void warned.push(text),
  });
  const distributor = new RevocationDistributor({
    config,
    leadership,
    nodes: {
      call: (async (uuid: string, method: string, params: { crl: string }, { stepId }: { stepId: string }) => {
        sent.push([uuid, method, params.crl, stepId]);
        await hold;
        if (deaf.includes(uuid)) throw lost;
      }) as never,
    },
    live: () => plainLive(live),
    authority: {
      revocationList: async (entries: unknown) => `list ${made.push(entries)}`,
      useRevocationList: async (crl: string) => {
        used.push(crl);
        if (full) throw new Error('no space left on device');
      },
    } as never,
    clock,
    log,
  });
  return { distributor, config, sent, made, used, warned };
}

const revoked = { a1: { at: 5, expires: seconds + 9, key: 'k' } };

describe('the list of revoked certificates', () => {
  it('is made from the configuration, and again only when that changes', async () => {
    const { distributor, config, made } = rig({ cluster: { revoked_certificates: revoked } });
    assert.equal(await distributor.current(), 'list 1');
    assert.equal(await distributor.current(), 'list 1');
    assert.deepEqual(made, [[{ serial: 'a1', at: 5000 }]]);
    config.replace({ cluster: { revoked_certificates: {} }, nodes: [], instances: [] });
    assert.equal(await distributor.current(), 'list 2');
    assert.deepEqual(made[1], []);
  });

  it('goes to every node that is online, to the one that left, and then to this master', async () => {
    const nodes = [plainNode(0), plainNode(1), plainNode(2, { offline: true })];
    const { distributor, sent, used } = rig({ nodes, deaf: [node1] });
    assert.deepEqual(await distributor.spread('departed'), ['node1']);
    const line = (uuid: string) => [uuid, 'revocation-install', 'list 1', `revocations/${uuid}/${now}`];
    assert.deepEqual(sent, [line(node0), line(node1), line('departed')]);
    assert.deepEqual(used, ['list 1']);
    assert.deepEqual(await rig({ deaf: ['departed'] }).distributor.spread('departed'), [], 'who left is not missed');
  });

  it('never arrives behind a newer one', async () => {
    const gate = Promise.withResolvers<void>();
    const { distributor, config, sent } = rig({ nodes: [plainNode(0)], hold: gate.promise });
    const first = distributor.spread('gone1');
    await new Promise(setImmediate);
    config.replace({ cluster: { revoked_certificates: revoked }, nodes: [plainNode(0)], instances: [] });
    const second = distributor.spread('gone2');
    await new Promise(setImmediate);
    const lists = () => sent.map((each) => (each as string[]).slice(0, 3).join(' '));
    const begun = [`${node0} revocation-install list 1`, 'gone1 revocation-install list 1', 'gone2 revocation-install list 2'];
    assert.deepEqual(lists(), begun, 'the node has not answered yet');
    gate.resolve();
    assert.deepEqual(await Promise.all([first, second]), [[], []]);
    assert.deepEqual(lists(), [...begun, `${node0} revocation-install list 2`]);
  });

  it('keeps nobody from leading when it cannot be written', async () => {
    const { distributor, used, warned } = rig({ full: true });
    await distributor.use();
    assert.deepEqual([used, warned], [['list 1'], ['the list of revoked certificates could not be written']]);
  });
});

describe('a node that has reported', () => {
  const report = (more: object = {}) => ({
    [node0]: { revocation_list: shaOf('other'), certificate_serial: 'b2', certificate_expires: 77, ...more },
  });

  it('gets the list when it has another one, and what it uses is recorded', async () => {
    const { distributor, sent, config } = rig({ live: report() });
    await distributor.settle(node0);
    assert.deepEqual(sent, [[node0, 'revocation-install', 'list 1', `revocations/${node0}/${now}`]]);
    assert.deepEqual(config.current.nodes.get(node0)?.certificates, [{ serial: 'b2', expires: 77 }]);
    await distributor.settle(node0);
    assert.equal(config.changes, 1, 'it is recorded once');
    assert.equal(sent.length, 2, 'it is settled again as long as it reports another one');
  });

  it('gets nothing when it has the list, or is of an earlier version', async () => {
    const same = rig({ live: report({ revocation_list: shaOf('list 1') }) });
    await same.distributor.settle(node0);
    assert.deepEqual([same.sent, same.config.changes], [[], 1]);
    const old = rig({ live: report({ revocation_list: undefined }) });
    await old.distributor.settle(node0);
    assert.deepEqual([old.sent, old.made, old.config.changes], [[], [], 0]);
    const silent = rig();
    await silent.distributor.settle('unknown');
    assert.deepEqual(silent.sent, []);
  });

  it('records only serial numbers, of nodes that are there, that no other node has', async () => {
    for (const certificate_serial of [undefined, '', 'B2', 'xyz', 'a'.repeat(65)]) {
      const { distributor, config } = rig({ live: report({ certificate_serial }) });
      await distributor.settle(node0);
      assert.equal(config.changes, 0, String(certificate_serial));
    }
    const full = rig({ live: report({ certificate_serial: 'a'.repeat(64), certificate_expires: undefined }) });
    await full.distributor.settle(node0);
    assert.deepEqual(full.config.current.nodes.get(node0)?.certificates, [{ serial: 'a'.repeat(64), expires: 0 }]);
    const nodes = [
      plainNode(0),
      plainNode(1, {
        certificates: [
          { serial: 'zz', expires: 1 },
          { serial: 'b2', expires: 1 },
        ],
      }),
    ];
    const taken = rig({ nodes, live: report() });
    await taken.distributor.settle(node0);
    assert.equal(taken.config.changes, 0);
    const gone = rig({ nodes: [plainNode(1)], live: report() });
    await gone.distributor.settle(node0);
    assert.deepEqual([gone.config.changes, gone.sent.length], [0, 1]);
  });

  it('is settled once at a time, and again after a failure', async () => {
    const { promise: hold, resolve } = Promise.withResolvers<void>();
    const { distributor, sent, warned } = rig({ live: report(), hold, deaf: [node0] });
    const first = distributor.settle(node0);
    await distributor.settle(node0);
    resolve();
    await first;
    assert.equal(sent.length, 1);
    await distributor.settle(node0);
    assert.equal(sent.length, 2);
    assert.deepEqual(new Set(warned), new Set(['a node has not got the list of revoked certificates yet']));
  });

  it('does not reject when the configuration cannot be changed', async () => {
    const { distributor, config, warned } = rig({ live: report() });
    config.transact = async () => {
      throw new GantryError('STORE_UNAVAILABLE', { place: 'a test', problem: 'it is away' });
    };
    await distributor.settle(node0);
    assert.deepEqual(warned, ['the list of revoked certificates could not be settled']);
  });
});

describe('the record of certificates', () => {
  it('keeps those that live, the new one last and once', async () => {
    const certificates = [
      { serial: 'old', expires: seconds },
      { serial: 'mine', expires: seconds + 5 },
      { serial: 'live', expires: seconds + 1 },
    ];
    const config = changingConfig({ nodes: [plainNode(0, { certificates }), plainNode(1)], instances: [] });
    await recordCertificate(config, leadership, node0, { serial: 'mine', expires: seconds + 99 }, seconds);
    assert.deepEqual(config.current.nodes.get(node0)?.certificates, [
      { serial: 'live', expires: seconds + 1 },
      { serial: 'mine', expires: seconds + 99 },
    ]);
    await recordCertificate(config, leadership, node1, { serial: 'x', expires: 1 }, seconds);
    assert.deepEqual(config.current.nodes.get(node1)?.certificates, [{ serial: 'x', expires: 1 }]);
    await recordCertificate(config, leadership, node2, { serial: 'x', expires: 1 }, seconds);
    assert.equal(config.current.nodes.size, 2, 'a node that is gone is not made again');
  });

  it('revokes those of a node and forgets what has ended by itself', () => {
    const old = { ended: { at: 1, expires: seconds, key: 'a' }, live: { at: 1, expires: seconds + 1, key: 'b' } };
    const node = { certificates: [{ serial: 'n', expires: 7 }], certificate_fingerprint: 'f' };
    assert.deepEqual(withRevoked({ revoked_certificates: old }, node, seconds), {
      live: old.live,
      n: { at: seconds, expires: 7, key: 'f' },
    });
    assert.deepEqual(withRevoked({}, { certificate_fingerprint: 'f' }, seconds), {});
  });
});
