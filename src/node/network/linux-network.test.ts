import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type ErrorCode, GantryError, run } from '../../base/index.ts';
import { createLinuxNetwork } from './linux-network.ts';
import { networkConformance, nicSpec } from './network-conformance.ts';
import { deviceName } from './nic-devices.ts';
import { deviceOf } from './prepared-nic.ts';

const namespace = `gantry-net-${process.pid}`;
const commandPrefix = ['ip', 'netns', 'exec', namespace];
const inside = async (...command: string[]): Promise<string> => (await run('ip', ['netns', 'exec', namespace, ...command])).stdout;
const show = async (...what: string[]): Promise<Record<string, unknown>[]> => JSON.parse((await inside('ip', '-j', '-d', ...what)) || '[]');
const withCode = (code: ErrorCode) => (thrown: unknown) => thrown instanceof GantryError && thrown.code === code;

describe('Linux network', () => {
  const network = createLinuxNetwork({ commandPrefix });
  const web = { uuid: randomUUID(), name: 'web1' };

  const tapOf = async (...args: Parameters<typeof network.prepare>) => deviceOf(await network.prepare(...args));

  before(async () => {
    await run('ip', ['netns', 'add', namespace]);
    await inside('ip', 'link', 'add', 'br0', 'type', 'bridge');
    await inside('ip', 'link', 'set', 'br0', 'mtu', '1420', 'up');
    await inside('ip', 'link', 'set', 'lo', 'up');
  });
  after(() => run('ip', ['netns', 'delete', namespace]));

  networkConformance(() => network);

  it('attaches a bridged NIC to its bridge, with its MTU, for the user of the instance', async () => {
    const nic = nicSpec();
    const tap = await tapOf(web, nic, 0, { kind: 'tap', ownerUid: 70001 });
    assert.ok(tap.length <= 15);
    const [link] = await show('link', 'show', 'dev', tap);
    assert.equal(link?.['master'], 'br0');
    assert.equal(link?.['mtu'], 1420);
    assert.equal(link?.['ifalias'], `gantry:${web.uuid}`);
    assert.equal(link?.['inet6_addr_gen_mode'], 'none');
    assert.ok((link?.['flags'] as string[]).includes('UP'));
    const tun = (link?.['linkinfo'] as { info_data: Record<string, unknown> }).info_data;
    assert.deepEqual([tun['type'], tun['user'], tun['persist']], ['tap', 70001, true]);
    await network.cleanup(web);
  });

  it('connects one end of a pair to the bridge, and gives the other one the MAC; it goes into the instance, and both go with it', async () => {
    const nic = nicSpec();
    const made = await network.prepare(web, nic, 0, { kind: 'veth' });
    assert.ok(made.kind === 'veth' && made.veth.length <= 15 && made.peer.length <= 15);
    const [[host], [peer]] = [await show('link', 'show', 'dev', made.veth), await show('link', 'show', 'dev', made.peer)];
    assert.deepEqual([host?.['master'], host?.['mtu'], host?.['ifalias']], ['br0', 1420, `gantry:${web.uuid}`]);
    assert.deepEqual([peer?.['address'], peer?.['mtu'], peer?.['master'], peer?.['link']], [nic.mac, 1420, undefined, made.veth]);
    // As a tap it is another device.
    const tap = await tapOf(web, nic, 0, { kind: 'tap', ownerUid: 0 });
    assert.equal(tap, made.veth);
    assert.deepEqual(await show('link', 'show', 'type', 'veth'), []);
    assert.deepEqual(await network.prepare(web, nic, 0, { kind: 'veth' }), made);
    const inner = `${namespace}-inner`;
    await run('ip', ['netns', 'add', inner]);
    try {
      await inside('ip', 'link', 'set', 'dev', made.peer, 'netns', inner);
      assert.deepEqual(await network.prepare(web, nic, 0, { kind: 'veth' }), made, 'a running instance keeps it');
      assert.equal((await show('link', 'show', 'dev', made.veth))[0]?.['ifindex'] !== undefined, true);
    } finally {
      await run('ip', ['netns', 'delete', inner]);
    }
    await network.cleanup(web);
    assert.deepEqual(await network.list(), []);
  });

  it('keeps the device of a running instance when it is repeated, and replaces one of another user', async () => {
    const nic = nicSpec();
    const tap = await tapOf(web, nic, 0, { kind: 'tap', ownerUid: 0 });
    const [first] = await show('link', 'show', 'dev', tap);
    await network.prepare(web, nic, 0, { kind: 'tap', ownerUid: 0 });
    const [second] = await show('link', 'show', 'dev', tap);
    assert.equal(second?.['ifindex'], first?.['ifindex']);
    await network.prepare(web, nic, 0, { kind: 'tap', ownerUid: 70005 });
    const [third] = await show('link', 'show', 'dev', tap);
    assert.notEqual(third?.['ifindex'], first?.['ifindex']);
    await network.cleanup(web);
  });

  it('routes to a routed NIC through the table of its link', async () => {
    const nicparams = { mode: 'routed', link: '100' } as const;
    const nic = nicSpec({ ip: '10.7.0.5', network: { name: 'net1', cidr: '10.7.0.0/24', gateway: '10.7.0.1' } }, nicparams);
    for (let time = 0; time < 2; time++) await network.prepare(web, nic, 0, { kind: 'tap', ownerUid: 70001 });
    const tap = deviceName(web.uuid, nic.uuid);
    const routes = await show('route', 'show', 'table', '100');
    assert.deepEqual(
      routes.map(({ dst, dev }) => ({ dst, dev })),
      [{ dst: '10.7.0.5', dev: tap }],
    );
    const rules = await show('rule', 'show');
    assert.deepEqual(
      rules.filter((rule) => rule['iif'] === tap).map((rule) => rule['table']),
      ['100'],
    );
    assert.match(await inside('ip', 'address', 'show', 'dev', tap), /10\.7\.0\.1\/32/);
    assert.equal((await inside('cat', `/proc/sys/net/ipv4/conf/${tap}/proxy_arp`)).trim(), '1');
    await network.cleanup(web);
    assert.ok((await show('rule', 'show')).every((rule) => rule['iif'] === undefined));
    assert.deepEqual(await show('route', 'show', 'table', 'all', 'dev', 'br0', 'proto', 'static'), []);
  });

  it('routes through the main table without a link', async () => {
    const nic = nicSpec({ ip: '10.7.0.6' }, { mode: 'routed', link: '' });
    const tap = await tapOf(web, nic, 0, { kind: 'tap', ownerUid: 70001 });
    assert.equal((await show('route', 'get', '10.7.0.6'))[0]?.['dev'], tap);
    await network.cleanup(web);
  });

  it('refuses what it cannot do and leaves no device', async () => {
    const prepare = (nic: ReturnType<typeof nicSpec>) => network.prepare(web, nic, 0, { kind: 'tap', ownerUid: 70001 });
    const check = (nic: ReturnType<typeof nicSpec>) => network.check(web, nic, 0);
    await assert.rejects(check(nicSpec({}, { link: 'nosuchbridge' })), withCode('NETWORK_BRIDGE_MISSING'));
    await assert.rejects(check(nicSpec({}, { link: '' })), withCode('NETWORK_NIC_INVALID'));
    await assert.rejects(check(nicSpec({}, { mode: 'routed', link: '' })), withCode('NETWORK_ROUTE_INVALID'));
    await assert.rejects(prepare(nicSpec({}, { link: 'nosuchbridge' })), withCode('NETWORK_BRIDGE_MISSING'));
    await assert.rejects(prepare(nicSpec({}, { link: 'lo' })), withCode('NETWORK_BRIDGE_MISSING'));
    await assert.rejects(prepare(nicSpec({}, { link: '' })), withCode('NETWORK_NIC_INVALID'));
    await assert.rejects(prepare(nicSpec({}, { vlan: '.5' })), withCode('NETWORK_NIC_INVALID'));
    await assert.rejects(prepare(nicSpec({}, { mode: 'routed', link: '' })), withCode('NETWORK_ROUTE_INVALID'));
    await assert.rejects(prepare(nicSpec({ ip: '10.7.0.7' }, { mode: 'routed', link: 'nosuchtable' })), withCode('NETWORK_TAP_FAILED'));
    assert.deepEqual(await network.list(), []);
    assert.deepEqual(await show('link', 'show', 'type', 'tun'), []);
    assert.equal(await network.bridgeExists('lo'), false);
    assert.equal(await network.bridgeExists('nosuchbridge'), false);
  });

  it('reports what ip says when the network cannot be read', async () => {
    const lost = createLinuxNetwork({ commandPrefix: ['ip', 'netns', 'exec', `${namespace}-gone`] });
    await assert.rejects(lost.list(), withCode('NETWORK_FAILED'));
    await assert.rejects(lost.cleanup(web), withCode('NETWORK_FAILED'));
  });

  it('removes a device whose making was interrupted before it got its alias', async () => {
    const device = deviceName(web.uuid, randomUUID());
    await inside('ip', 'tuntap', 'add', 'dev', device, 'mode', 'tap');
    await network.cleanup({ uuid: randomUUID() });
    assert.match(await inside('ip', 'link', 'show', 'type', 'tun'), new RegExp(device));
    await network.cleanup(web);
    assert.doesNotMatch(await inside('ip', 'link', 'show', 'type', 'tun'), new RegExp(device));
  });
});
