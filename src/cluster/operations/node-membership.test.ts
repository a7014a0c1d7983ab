import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Node } from '../../model/index.ts';
import { perform, type Scene, sceneTime } from '../testing/perform.ts';
import { plainConfig, plainGroup, plainInstance, plainNode, plainUuid } from '../testing/plain-config.ts';
import { nodeAdd } from './node-add.ts';
import { nodeRemove } from './node-remove.ts';

// How nodes come and go.

const [group0, group1] = [plainUuid(1, 0), plainUuid(1, 1)];
const fingerprint = 'e'.repeat(64);

describe('a new node', () => {
  const wish = { node_name: 'late', primary_ip: '198.51.100.7', agent_port: 1811, certificate_fingerprint: fingerprint };
  const add = (params: Readonly<Record<string, unknown>> = {}, scene: Scene = {}) =>
    perform(nodeAdd, { ...wish, ...params }, { nodes: [plainNode(0), plainNode(1)], ...scene });
  const nodeOf = ({ config }: Awaited<ReturnType<typeof add>>) => config.nodes.find('late') as Node;

  it('is registered in the oldest group, with every default', async () => {
    const groups = [plainGroup(1, { ctime: 200 }), plainGroup(0, { ctime: 100 }), plainGroup(2, { ctime: 300 })];
    assert.deepEqual(nodeOf(await add({}, { groups })), {
      uuid: plainUuid(7, 1),
      name: 'late',
      ctime: sceneTime / 1000,
      mtime: sceneTime / 1000,
      serial_no: 1,
      tags: [],
      primary_ip: '198.51.100.7',
      secondary_ip: '198.51.100.7',
      agent_port: 1811,
      group: group0,
      master_capable: true,
      master_candidate: true,
      vm_capable: true,
      offline: false,
      drained: false,
      powered: true,
      ndparams: {},
      certificate_fingerprint: fingerprint,
    });
  });

  it('has what is asked for', async () => {
    const certificates = [{ serial: 'a1', expires: 5 }];
    const ndparams = { spindle_count: 2 };
    const params = { group: 'group1', secondary_ip: '198.51.100.8', master_capable: false, vm_capable: false, certificates, ndparams };
    const node = nodeOf(await add(params, { groups: [plainGroup(0), plainGroup(1)] }));
    assert.deepEqual([node.group, node.secondary_ip, node.certificates, node.ndparams], [group1, '198.51.100.8', certificates, ndparams]);
    assert.deepEqual([node.master_capable, node.master_candidate, node.vm_capable], [false, false, false]);
  });

  it('is a candidate while the pool has room', async () => {
    for (const [pool, candidate] of [
      [3, true],
      [2, false],
    ] as const)
      assert.equal(nodeOf(await add({}, { cluster: { candidate_pool_size: pool } })).master_candidate, candidate);
    const nodes = [plainNode(0), plainNode(1, { master_candidate: false })];
    assert.equal(nodeOf(await add({}, { nodes, cluster: { candidate_pool_size: 2 } })).master_candidate, true);
  });

  it('is refused with a name or an address that is not its own', async () => {
    const nic = { uuid: plainUuid(5, 0), name: null, mac: 'aa:00:00:00:00:01', ip: '198.51.100.9', network: null, nicparams: {} };
    const instances = [plainInstance(0, 0, 1, { nics: [nic] })];
    const cases: [Record<string, unknown>, string][] = [
      [{ node_name: 'node1' }, 'NAME_TAKEN'],
      [{ primary_ip: '192.0.2.1' }, 'CLAIM_TAKEN'],
      [{ primary_ip: '198.51.100.9' }, 'CLAIM_TAKEN'],
      [{ secondary_ip: '192.0.2.2' }, 'CLAIM_TAKEN'],
      [{ primary_ip: '127.0.0.5' }, 'INPUT_INVALID'],
      [{ secondary_ip: '127.0.0.5' }, 'INPUT_INVALID'],
      [{ primary_ip: '224.0.0.1' }, 'INPUT_INVALID'],
      [{ group: 'nowhere' }, 'OBJECT_UNKNOWN'],
    ];
    cases.push([{ certificate_fingerprint: '0'.repeat(64) }, 'JOIN_KEY_TAKEN'], [{ configured_uuid: plainUuid(2, 1) }, 'OBJECT_UNKNOWN']);
    for (const [params, code] of cases) await assert.rejects(add(params, { instances }), { code }, JSON.stringify(params));
    const loopback = [plainNode(0, { primary_ip: '127.0.0.1', secondary_ip: '127.0.0.1' })];
    assert.equal((await add({ primary_ip: '127.0.0.1' }, { nodes: loopback })).error, undefined, 'a cluster that lives on loopback');
  });

  it('needs its group to stay', async () => {
    const operation = nodeAdd();
    const config = plainConfig({ nodes: [], instances: [], groups: [plainGroup(0)] });
    const locks = (params: object, on = config) =>
      operation.locks?.({ ...wish, ...params }, on).map(({ kind, name, mode }) => `${kind} ${name} ${mode}`);
    assert.deepEqual(locks({}), ['node late exclusive', 'allocation allocation shared', `group ${group0} shared`]);
    assert.deepEqual(locks({ group: 'g' })?.slice(2), ['group g shared']);
    assert.deepEqual(locks({}, plainConfig({ nodes: [], instances: [], groups: [] }))?.slice(2), []);
    const { error } = await add({}, { groups: [] });
    assert.equal(error?.code, 'OBJECT_UNKNOWN');
  });
});

describe('a node that has not joined yet', () => {
  const wish = { node_name: 'late', primary_ip: '198.51.100.7', agent_port: 1811 };
  const waiting = plainNode(2, {
    name: 'late',
    offline: true,
    master_candidate: false,
    certificate_fingerprint: '',
    tags: ['rack:2'],
    ndparams: { spindle_count: 2 },
  });
  const nodes = [plainNode(0), waiting];
  const add = (params: object, scene: Scene = {}) => perform(nodeAdd, { ...wish, ...params }, { nodes, ...scene });

  it('is offline and no candidate', async () => {
    const { config } = await add({}, { nodes: [plainNode(0)] });
    const { offline, master_candidate, certificate_fingerprint } = config.nodes.find('late') as Node;
    assert.deepEqual([offline, master_candidate, certificate_fingerprint], [true, false, '']);
    await assert.rejects(add({}), { code: 'NODE_AWAITED' }, 'it is configured once');
  });

  it('keeps its UUID, group, tags and parameters when it joins', async () => {
    const certificates = [{ serial: 'a1', expires: 5 }];
    const { config } = await add({
      certificate_fingerprint: fingerprint,
      certificates,
      primary_ip: '192.0.2.3',
      secondary_ip: '198.51.100.8',
    });
    assert.deepEqual(config.nodes.find('late'), {
      ...waiting,
      primary_ip: '192.0.2.3',
      secondary_ip: '198.51.100.8',
      offline: false,
      master_candidate: true,
      certificate_fingerprint: fingerprint,
      certificates,
    });
    const full = await add({ certificate_fingerprint: fingerprint }, { cluster: { candidate_pool_size: 1 } });
    assert.equal(full.config.nodes.find('late')?.master_candidate, false);
  });

  it('is taken over once, in its own group and with an address of its own', async () => {
    const taken = [plainNode(0), { ...waiting, certificate_fingerprint: 'a'.repeat(64), offline: false }];
    await assert.rejects(add({ certificate_fingerprint: fingerprint }, { nodes: taken }), { code: 'NAME_TAKEN' });
    const groups = [plainGroup(0), plainGroup(1)];
    await assert.rejects(add({ certificate_fingerprint: fingerprint, group: 'group1' }, { groups }), { code: 'INPUT_INVALID' });
    await assert.rejects(add({ certificate_fingerprint: fingerprint, primary_ip: '192.0.2.1' }), { code: 'CLAIM_TAKEN' });
  });

  it('is not faster than another one with the same name', async () => {
    const operation = nodeAdd();
    const [step] = operation.steps({ ...waiting, certificate_fingerprint: fingerprint });
    const draft = { need: () => undefined, get: () => ({ ...waiting, certificate_fingerprint: 'a' }) };
    assert.throws(() => (step as unknown as { commit(draft: object): void }).commit(draft), { code: 'NAME_TAKEN' });
  });
});

describe('the removal of a node', () => {
  const certificates = [
    { serial: 'b2', expires: sceneTime / 1000 + 100 },
    { serial: 'b3', expires: sceneTime / 1000 + 200 },
  ];
  const remove = (node: Partial<Node> = {}, scene: Scene = {}, node_name = 'node1') =>
    perform(nodeRemove, { node_name }, { nodes: [plainNode(0), plainNode(1, { certificates, ...node }), plainNode(2)], ...scene });

  it('forgets it, revokes its certificates and tells the others', async () => {
    const old = { dead: { at: 1, expires: sceneTime / 1000, key: 'x' }, live: { at: 2, expires: sceneTime / 1000 + 1, key: 'y' } };
    const { config, departed, tokensForgotten, steps, log } = await remove({}, { cluster: { revoked_certificates: old } });
    assert.deepEqual(
      [...config.nodes.values()].map(({ name }) => name),
      ['node0', 'node2'],
    );
    const [at, key] = [sceneTime / 1000, '0'.repeat(64)];
    assert.deepEqual(config.cluster.revoked_certificates, {
      live: old.live,
      b2: { at, expires: at + 100, key },
      b3: { at, expires: at + 200, key },
    });
    assert.deepEqual(departed, [plainUuid(2, 1)]);
    assert.deepEqual(tokensForgotten, ['node1']);
    assert.deepEqual([steps, log], [['forget its join tokens', 'forget the node', 'tell the other nodes'], []]);
    assert.deepEqual((await remove({ certificates: undefined as never })).config.cluster.revoked_certificates, {});
  });

  it('fills the pool of candidates, and says who could not be told', async () => {
    const nodes = [plainNode(0), plainNode(1), plainNode(2, { master_candidate: false }), plainNode(3, { master_candidate: false })];
    const { config, log } = await remove({}, { nodes, cluster: { candidate_pool_size: 2 }, untold: ['node2', 'node3'] });
    assert.deepEqual(
      [...config.nodes.values()].map(({ master_candidate }) => master_candidate),
      [true, true, false],
    );
    assert.deepEqual(log, ['Not told yet that the node is out: node2, node3. They are, when they answer again.']);
  });

  it('is refused while it is the master, or has instances in any role', async () => {
    await assert.rejects(remove({}, {}, 'node0'), { code: 'NODE_IS_MASTER' });
    await assert.rejects(remove({}, {}, 'node7'), { code: 'OBJECT_UNKNOWN' });
    const [one, two] = [plainUuid(2, 1), plainUuid(2, 2)];
    const cases = [plainInstance(0, 1, 1), plainInstance(0, 0, 1, { secondary_nodes: [one] }), plainInstance(0, 0, 1, { moving_to: one })];
    for (const instance of cases) await assert.rejects(remove({}, { instances: [instance] }), { code: 'NODE_NOT_EMPTY' });
    const sorted = [plainInstance(5, 1, 1), plainInstance(3, 1, 1)];
    await assert.rejects(remove({}, { instances: sorted }), /instance3, instance5/);
    assert.equal((await remove({}, { instances: [plainInstance(0, 0, 1, { moving_to: two })] })).error, undefined);
  });

  it('is not undone once the node is forgotten, and holds off placements', async () => {
    const operation = nodeRemove({ revocations: { spread: async () => [] } } as never);
    const pivots = (plan: { uuid: string; name?: string }) => operation.steps(plan).map(({ pivot }) => pivot);
    assert.deepEqual(pivots({ uuid: plainUuid(2, 1), name: 'node1' }), [undefined, true, true]);
    assert.deepEqual(pivots({ uuid: plainUuid(2, 1) }), [true, true], 'planned by an earlier version, and perhaps past its pivot');
    const config = plainConfig({ nodes: [], instances: [] });
    assert.deepEqual(
      operation.locks?.({ node_name: 'node1' }, config).map(({ kind }) => kind),
      ['node', 'allocation'],
    );
  });
});
