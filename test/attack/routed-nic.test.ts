import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { run } from '../../src/base/index.ts';
import { createLinuxNetwork } from '../../src/node/network/linux-network.ts';
import { nicSpec } from '../../src/node/network/network-conformance.ts';
import { deviceOf } from '../../src/node/network/prepared-nic.ts';

// A routed NIC must not take over the node's own addresses, its routers, its master, or what another instance has: the
// agent checks it against what the kernel says, whatever the master asks for. A real network namespace is the node.

const namespace = `gantry-attack-${process.pid}`;
const inside = async (...command: string[]): Promise<string> => (await run('ip', ['netns', 'exec', namespace, ...command])).stdout;
const network = createLinuxNetwork({
  commandPrefix: ['ip', 'netns', 'exec', namespace],
  callers: () => ['198.51.100.7'],
  reachedAt: () => ['192.0.2.10'],
});
const web = { uuid: randomUUID(), name: 'web1' };
const mail = { uuid: randomUUID(), name: 'mail1' };
const routes = () => inside('ip', '-4', 'route', 'show', 'table', 'all');
const routed = (ip: string, more: Partial<ReturnType<typeof nicSpec>> = {}, link = '') =>
  nicSpec({ ip, ...more }, { mode: 'routed', link });
const prepare = (nic: ReturnType<typeof nicSpec>, instance = web) => network.prepare(instance, nic, 0, { kind: 'tap', ownerUid: 70001 });
const lan = (cidr: string, gateway: string | null) => ({ network: { name: 'lan', cidr, gateway, cidr6: null, gateway6: null } });

before(async () => {
  await run('ip', ['netns', 'add', namespace]);
  for (const command of [
    'link set lo up',
    'link add eth0 type veth peer name far',
    'address add 192.0.2.10/24 brd + dev eth0',
    'address add 10.99.0.1/32 dev lo',
    'link set eth0 up',
    'link set far up',
    'route add default via 192.0.2.1',
    'route add 203.0.113.0/24 via 192.0.2.254',
    'route add 198.51.100.200/32 dev eth0',
    'link add br0 type bridge',
    'address add 10.66.0.1/24 dev br0',
    'link set br0 up',
    'link add br-tenant type bridge',
    'link set br-tenant up',
    'address add 172.17.0.1/16 dev eth0',
  ])
    await inside('ip', ...command.split(' '));
});
after(() => run('ip', ['netns', 'delete', namespace]));
afterEach(async () => {
  await network.cleanup(web);
  await network.cleanup(mail);
});

const hostile: readonly [what: string, nic: ReturnType<typeof nicSpec>][] = [
  ['the address of the node', routed('192.0.2.10')],
  ['another address of the node, on its loopback device', routed('10.99.0.1')],
  ['loopback', routed('127.0.0.1')],
  ['another address of loopback', routed('127.1.2.3')],
  ['the broadcast address of its network', routed('192.0.2.255')],
  ['its default router', routed('192.0.2.1')],
  ['another router', routed('192.0.2.254')],
  ['a host that the operator has a route to', routed('198.51.100.200')],
  ['the master', routed('198.51.100.7')],
  ['any address', routed('0.0.0.0')],
  ['multicast', routed('224.0.0.5')],
  ['everybody', routed('255.255.255.255')],
  ['a link-local address', routed('169.254.169.254')],
  ['an address that is none', routed('10.7.0.5/8')],
  ['an address with an option', routed('10.7.0.5 dev eth0')],
  ['an address that ip would read as another one', routed('012.7.0.5')],
  ['an address outside of its network', routed('10.8.0.5', lan('10.7.0.0/24', null))],
  ['the gateway of its network', routed('10.7.0.1', lan('10.7.0.0/24', '10.7.0.1'))],
  ['the broadcast address of its own network', routed('10.7.0.255', lan('10.7.0.0/24', null))],
  ...['local', '255', '0xff', '0377', '0', 'default', '253', 'all', 'unspec', 'cache', '-4'].map(
    (link): [string, ReturnType<typeof nicSpec>] => [`the table ${link}`, routed('10.7.0.5', {}, link)],
  ),
];
for (const [what, nic] of hostile) {
  test(`a routed NIC does not get ${what}`, async () => {
    const [earlier, rules] = [await routes(), await inside('ip', 'rule', 'show')];
    await assert.rejects(prepare(nic), ({ code }: { code?: string }) => code === 'NETWORK_ROUTE_INVALID' || code === 'NETWORK_NIC_INVALID');
    assert.equal(await routes(), earlier);
    assert.equal(await inside('ip', 'rule', 'show'), rules);
    assert.deepEqual(await network.list(), []);
  });
}

test('a routed NIC does not take the address of another one, and keeps its own', async () => {
  const nic = routed('10.7.0.5');
  await prepare(nic);
  const earlier = await routes();
  await assert.rejects(prepare(routed('10.7.0.5'), mail), { code: 'NETWORK_ROUTE_INVALID' });
  await assert.rejects(prepare(routed('10.7.0.5', {}, '100'), mail), { code: 'NETWORK_ROUTE_INVALID' });
  assert.equal(await routes(), earlier);
  await prepare(nic);
  assert.equal(await routes(), earlier);
});

test('the gateway of a network is never taken over from a router that the node needs', async () => {
  const tap = deviceOf(await prepare(routed('192.0.2.77', lan('192.0.2.0/24', '192.0.2.1'))));
  assert.match(await inside('ip', 'route', 'get', '192.0.2.1'), /dev eth0/);
  assert.match(await inside('ip', 'route', 'get', '192.0.2.77'), new RegExp(`dev ${tap}`));
  assert.doesNotMatch(await inside('ip', 'address', 'show', 'dev', tap), /192\.0\.2\.1\//);
});

test('a route that a routing daemon learned for an instance on its way here does not keep it out', async () => {
  await inside('ip', 'route', 'add', '10.7.0.9/32', 'via', '192.0.2.30', 'proto', 'bird');
  const tap = deviceOf(await prepare(routed('10.7.0.9')));
  assert.match(await inside('ip', 'route', 'get', '10.7.0.9'), new RegExp(`dev ${tap}`));
});

for (const [what, ip] of [
  ['the address of the node', '192.0.2.10'],
  ['the address of its bridge', '10.66.0.1'],
  ['an address of its loopback device', '10.99.0.1'],
  ['the address of the master', '198.51.100.7'],
] as const) {
  test(`a bridged NIC does not get ${what}, nor does its check pass`, async () => {
    const nic = nicSpec({ ip }, { mode: 'bridged', link: 'br0' });
    const links = await inside('ip', 'link', 'show');
    await assert.rejects(prepare(nic), { code: 'NETWORK_ADDRESS_OF_NODE' });
    await assert.rejects(network.check(web, nic, 0), { code: 'NETWORK_ADDRESS_OF_NODE' });
    assert.equal(await inside('ip', 'link', 'show'), links);
    await prepare(nicSpec({ ip: '10.66.0.2' }, { mode: 'bridged', link: 'br0' }));
  });
}

test('a bridged NIC on a wire of its own has any address but those by which the node and its master are reached', async () => {
  const onTenants = (ip: string) => nicSpec({ ip }, { mode: 'bridged', link: 'br-tenant' });
  for (const ip of ['172.17.0.1', '10.66.0.1', '192.0.2.255']) {
    await network.check(web, onTenants(ip), 0);
    await prepare(onTenants(ip));
  }
  for (const ip of ['192.0.2.10', '198.51.100.7'])
    await assert.rejects(network.check(web, onTenants(ip), 0), { code: 'NETWORK_ADDRESS_OF_NODE' });
});
