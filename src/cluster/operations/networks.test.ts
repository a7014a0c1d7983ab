import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Instance, Network } from '../../model/index.ts';
import { perform, type Scene, sceneTime } from '../testing/perform.ts';
import { plainConfig, plainGroup, plainInstance, plainNetwork, plainNode, plainUuid } from '../testing/plain-config.ts';
import { networkAdd } from './network-add.ts';
import { networkConnect } from './network-connect.ts';
import { networkDisconnect } from './network-disconnect.ts';
import { networkRemove } from './network-remove.ts';

const [group0, group1] = [plainUuid(1, 0), plainUuid(1, 1)];
const connection = { mode: 'bridged', link: 'br0', vlan: '' } as const;
const nic = (ip: string | null, network: string | null = null): Instance['nics'][number] => ({
  ...{ uuid: plainUuid(5, 0), name: null, mac: 'aa:00:00:00:00:01', ip, network, nicparams: {} },
});
const frame = (network: Partial<Network> = {}): Scene => ({
  groups: [plainGroup(0), plainGroup(1)],
  networks: [plainNetwork(0, network)],
  nodes: [plainNode(0), plainNode(1, { group: group1 })],
});
const onlyOne = ({ config }: Awaited<ReturnType<typeof perform>>, name: string) => config.networks.find(name) as Network;

describe('a new network', () => {
  const add = (params: Readonly<Record<string, unknown>> = {}, scene: Scene = {}) =>
    perform(networkAdd, { network_name: 'lan', network: '10.1.0.0/24', ...params }, { ...frame(), ...scene });

  it('has what is asked for', async () => {
    const outcome = await add();
    assert.deepEqual(onlyOne(outcome, 'lan'), {
      uuid: plainUuid(7, 1),
      name: 'lan',
      ctime: sceneTime / 1000,
      mtime: sceneTime / 1000,
      serial_no: 1,
      tags: [],
      network: '10.1.0.0/24',
      gateway: null,
      network6: null,
      gateway6: null,
      mac_prefix: null,
      external_reservations: [],
      groups: {},
    });
    const params = {
      ...{ gateway: '10.1.0.1', network6: '2001:db8::/64', gateway6: '2001:db8::1', mac_prefix: 'AA:BB:CC' },
      ...{ add_reserved_ips: ['10.1.0.0', '10.1.0.255', '10.1.0.9'], tags: ['b', 'a', 'b'] },
    };
    const { gateway, network6, gateway6, mac_prefix, external_reservations, tags } = onlyOne(await add(params), 'lan');
    assert.deepEqual([gateway, network6, gateway6, mac_prefix], ['10.1.0.1', '2001:db8::/64', '2001:db8::1', 'aa:bb:cc']);
    assert.deepEqual([external_reservations, tags], [params.add_reserved_ips, ['a', 'b']]);
    assert.equal(onlyOne(await add({ network6: '2001:db8::/64' }), 'lan').gateway6, null);
    for (const last of ['2001:db8::', '2001:db8::ffff:ffff:ffff:ffff']) await add({ network6: '2001:db8::/64', gateway6: last });
    for (const gateway of ['10.1.0.1', '10.1.0.254']) await add({ gateway });
  });

  it('is refused when it cannot be', async () => {
    const refused: [Record<string, unknown>, field: string][] = [
      [{ network: '10.1.0.1/24' }, 'network'],
      [{ network: '224.0.0.0/8' }, 'network'],
      [{ network: '127.0.0.0/8' }, 'network'],
      [{ gateway: '10.1.0.0' }, 'gateway'],
      [{ gateway: '10.1.0.255' }, 'gateway'],
      [{ gateway: '10.0.255.255' }, 'gateway'],
      [{ gateway: '10.1.1.0' }, 'gateway'],
      [{ gateway: 'router' }, 'gateway'],
      [{ add_reserved_ips: ['10.1.0.5', '10.2.0.5'] }, 'add_reserved_ips'],
      [{ network6: '2001:db8::1/64' }, 'network6'],
      [{ gateway6: '2001:db8::1' }, 'gateway6'],
      [{ network6: '2001:db8:1::/64', gateway6: '2001:db8:2::1' }, 'gateway6'],
      [{ network6: '2001:db8:1::/64', gateway6: '2001:db8:0::1' }, 'gateway6'],
      [{ network6: '2001:db8:1::/64', gateway6: 'x' }, 'gateway6'],
    ];
    for (const [params, field] of refused)
      await assert.rejects(add(params), (error: { code?: string; facts?: { field?: string } }) => {
        assert.deepEqual([error.code, error.facts?.field], ['INPUT_INVALID', field], JSON.stringify(params));
        return true;
      });
    await assert.rejects(add({ network_name: 'network0' }), { code: 'NAME_TAKEN' });
  });

  it('has no gateway that an instance outside of it has, unless that is not to be checked', async () => {
    const gateway = '10.1.0.1';
    const stranger = { instances: [plainInstance(0, 0, 1, { nics: [nic(gateway)] })] };
    await assert.rejects(add({ gateway }, stranger), { code: 'CLAIM_TAKEN' });
    assert.equal((await add({ gateway, conflicts_check: false }, stranger)).error, undefined);
    assert.equal((await add({ gateway: '10.1.0.2' }, stranger)).error, undefined);
    const inside = { instances: [plainInstance(0, 0, 1, { nics: [nic(gateway, plainUuid(6, 0))] })] };
    assert.equal((await add({ gateway }, inside)).error, undefined, 'another network may have the same addresses');
    const router = { nodes: [plainNode(0, { primary_ip: gateway })] };
    assert.equal((await add({ gateway }, router)).error, undefined, 'a node may be the router');
  });
});

describe('a connection', () => {
  const connect = (params: Readonly<Record<string, unknown>> = {}, instances: readonly Instance[] = [], network: Partial<Network> = {}) =>
    perform(
      networkConnect,
      { network_name: 'network0', group_name: 'group1', network_mode: 'bridged', network_link: 'br7', ...params },
      { ...frame(network), instances },
    );

  it('is added to the others', async () => {
    const outcome = await connect({}, [], { groups: { [group0]: connection } });
    assert.deepEqual(onlyOne(outcome, 'network0').groups, { [group0]: connection, [group1]: { mode: 'bridged', link: 'br7', vlan: '' } });
    const vlan = await connect({ network_mode: 'openvswitch', network_vlan: '.5' });
    assert.deepEqual(onlyOne(vlan, 'network0').groups, { [group1]: { mode: 'openvswitch', link: 'br7', vlan: '.5' } });
    await assert.rejects(connect({ network_link: '' }), { code: 'INPUT_INVALID' });
    await assert.rejects(connect({ group_name: 'nowhere' }), { code: 'OBJECT_UNKNOWN' });
    await assert.rejects(connect({ network_name: 'nothing' }), { code: 'OBJECT_UNKNOWN' });
  });

  it('is refused where an instance of the group has one of its addresses by itself', async () => {
    const instance = (number: number, node: number, ip: string | null, more: Partial<Instance> = {}, network: string | null = null) =>
      plainInstance(number, node, 1, { nics: [nic(null), nic(ip, network)], ...more });
    const refused = (instances: readonly Instance[]) =>
      connect({}, instances).then(
        ({ error }) => error?.code,
        (error: { code: string }) => error.code,
      );
    const taken = 'NETWORK_ADDRESSES_TAKEN';
    assert.equal(await refused([instance(0, 1, '10.0.0.5')]), taken);
    assert.equal(await refused([instance(0, 1, '10.0.0.0')]), taken);
    assert.equal(await refused([instance(0, 1, '10.0.0.15')]), taken);
    assert.equal(await refused([instance(0, 1, '10.0.0.16')]), undefined);
    assert.equal(await refused([instance(0, 1, '9.255.255.255')]), undefined);
    assert.equal(await refused([instance(0, 0, '10.0.0.5')]), undefined, 'of another group');
    assert.equal(await refused([instance(0, 0, '10.0.0.5', { secondary_nodes: [plainUuid(2, 1)] })]), taken);
    assert.equal(await refused([instance(0, 0, '10.0.0.5', { moving_to: plainUuid(2, 1) })]), taken);
    assert.equal(await refused([instance(0, 1, '10.0.0.5', {}, plainUuid(6, 9))]), undefined, 'of another network');
    assert.equal(await refused([instance(0, 1, null)]), undefined);
    const outcome = await connect({ conflicts_check: false }, [instance(0, 1, '10.0.0.5')]);
    assert.equal(outcome.error, undefined);
    const many = (count: number) => Array.from({ length: count }, (_, number) => instance(number, 1, `10.0.0.${number + 2}`));
    await assert.rejects(connect({}, many(5)), /instance0 \(10\.0\.0\.2\), .*instance4 \(10\.0\.0\.6\)(?!, \d+ more)/);
    await assert.rejects(connect({}, many(7)), /instance4 \(10\.0\.0\.6\), 2 more/);
  });

  it('ends when no instance of the group needs it', async () => {
    const both = { groups: { [group0]: connection, [group1]: connection } };
    const disconnect = (instances: readonly Instance[]) =>
      perform(networkDisconnect, { network_name: 'network0', group_name: 'group1' }, { ...frame(both), instances });
    assert.deepEqual(onlyOne(await disconnect([]), 'network0').groups, { [group0]: connection });
    const user = (node: number, more: Partial<Instance> = {}) =>
      plainInstance(0, node, 1, { nics: [nic(null), nic('10.0.0.2', plainUuid(6, 0))], ...more });
    await assert.rejects(disconnect([user(1)]), { code: 'NETWORK_IN_USE' });
    await assert.rejects(disconnect([user(0, { moving_to: plainUuid(2, 1) })]), { code: 'NETWORK_IN_USE' });
    assert.equal((await disconnect([user(0)])).error, undefined);
    assert.equal((await disconnect([plainInstance(0, 1, 1, { nics: [nic(null, plainUuid(6, 1))] })])).error, undefined);
  });
});

describe('the removal of a network', () => {
  const remove = (params: Readonly<Record<string, unknown>>, network: Partial<Network>, instances: readonly Instance[] = []) =>
    perform(networkRemove, { network_name: 'network0', ...params }, { ...frame(network), instances });

  it('is refused while anybody uses it', async () => {
    assert.equal((await remove({}, {})).config.networks.size, 0);
    const connected = { groups: { [group0]: connection, gone: connection } };
    await assert.rejects(remove({}, connected), /group group0, group gone/);
    assert.equal((await remove({ force: true }, connected)).config.networks.size, 0);
    const user = plainInstance(0, 0, 1, { nics: [nic('10.0.0.2', plainUuid(6, 0))] });
    await assert.rejects(remove({ force: true }, connected, [user]), { code: 'NETWORK_IN_USE' });
  });

  it('holds off placements, as do its connections', () => {
    const config = plainConfig({ nodes: [], instances: [] });
    const params = { network_name: 'network0', group_name: 'group0' };
    for (const operation of [networkRemove(), networkConnect(), networkDisconnect()]) {
      const last = operation.locks?.(params, config).at(-1);
      assert.deepEqual(last, { kind: 'allocation', name: 'allocation', mode: 'shared' });
      assert.ok(operation.locks?.(params, config).some(({ kind, mode }) => kind === 'network' && mode === 'exclusive'));
    }
  });
});
