import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError } from '../../base/index.ts';
import { commandProblem } from './ip-tool.ts';
import { nicSpec } from './network-conformance.ts';
import { mayHoldGateway, readNodeRoutes, routeProblem, sharedWireProblem } from './route-guard.ts';

/** What `ip -j -4 route show table all` says of a node. */
const shown = [
  { dst: 'default', gateway: '192.0.2.1', dev: 'eth0', protocol: 'dhcp' },
  { dst: '192.0.2.0/24', dev: 'eth0', protocol: 'kernel' },
  { dst: '203.0.113.0/24', via: { host: '192.0.2.254' }, dev: 'eth0' },
  { dst: '198.18.0.0/15', nexthops: [{ gateway: '192.0.2.3' }, { via: { host: '192.0.2.4' } }] },
  { dst: '10.7.0.5', dev: 'gt0123456789abc', protocol: 'static' },
  { dst: '10.7.0.6', dev: 'eth1', protocol: 'bird' },
  { dst: '10.7.0.7', dev: 'eth1' },
  { dst: '10.8.0.0/16', dev: 'gt0123456789abc', protocol: 'static' },
  { type: 'local', dst: '192.0.2.10', dev: 'eth0' },
  { type: 'local', dst: '127.0.0.0/8', dev: 'lo' },
  { type: 'broadcast', dst: '192.0.2.255', dev: 'eth0' },
  { type: 'anycast', dst: '10.1.2.3', dev: 'eth0' },
  { type: 'local', dst: 'not-an-address', dev: 'lo' },
];
const routes = await readNodeRoutes({
  list: async <T>(...args: string[]) => {
    assert.deepEqual(args, ['-4', 'route', 'show', 'table', 'all']);
    return shown as T[];
  },
});

test('the routes of a node tell its addresses, its routers, its networks and what leads to one host', () => {
  const which = (ips: string[], is: (ip: string) => boolean) => ips.filter(is);
  const own = ['192.0.2.10', '127.0.0.1', '127.255.255.255', '192.0.2.255', '10.1.2.3'];
  const others = ['192.0.2.11', '128.0.0.0', '126.255.255.255', '10.1.2.4', '192.0.2.1', 'x'];
  assert.deepEqual(which([...own, ...others], routes.isOwn), own);
  assert.deepEqual(which(['192.0.2.1', '192.0.2.254', '192.0.2.3', '192.0.2.4', '192.0.2.10', '192.0.2.2'], routes.isNextHop), [
    '192.0.2.1',
    '192.0.2.254',
    '192.0.2.3',
    '192.0.2.4',
  ]);
  assert.deepEqual(
    which(
      ['192.0.2.0', '192.0.2.77', '192.0.3.0', '203.0.113.5', '198.18.0.1', '10.8.0.1', '10.7.0.7', '8.8.8.8', '192.0.2.10'],
      routes.isNeighbour,
    ),
    ['192.0.2.0', '192.0.2.77', '10.7.0.7', '192.0.2.10'],
  );
  assert.deepEqual(['10.7.0.5', '10.7.0.6', '10.7.0.7', '192.0.2.10', '10.9.9.9'].map(routes.deviceOf), [
    'gt0123456789abc',
    undefined,
    'eth1',
    undefined,
    undefined,
  ]);
});

test('why a NIC gets no route is told', () => {
  const problem = (ip: string | null, network: object | null = null, device = 'gtother') =>
    routeProblem(nicSpec({ ip, network: network as never }), device, routes, ['198.51.100.7']);
  const lan = { name: 'lan', cidr: '10.9.0.0/24', gateway: '10.9.0.1' };
  for (const [ip, network, expected] of [
    [null, null, 'it has no IPv4 address'],
    ['', null, 'it has no IPv4 address'],
    ['fd00::1', null, 'it has no IPv4 address'],
    ['224.0.0.1', null, '224.0.0.1 is not an address that a host can have'],
    ['10.8.0.5', lan, '10.8.0.5 is not in its network 10.9.0.0/24'],
    ['10.9.0.5', { ...lan, cidr: 'none' }, '10.9.0.5 is not in its network none'],
    ['10.9.0.0', lan, '10.9.0.0 is the network or broadcast address of 10.9.0.0/24'],
    ['10.9.0.255', lan, '10.9.0.255 is the network or broadcast address of 10.9.0.0/24'],
    ['10.9.0.1', lan, '10.9.0.1 is the gateway of its network'],
    ['192.0.2.10', null, '192.0.2.10 is an address of this node'],
    ['192.0.2.255', null, '192.0.2.255 is the broadcast address of a network of this node'],
    ['192.0.2.3', null, 'this node reaches other hosts over 192.0.2.3'],
    ['198.51.100.7', null, '198.51.100.7 is the address of a master'],
    ['10.7.0.5', null, 'this node has a route to 10.7.0.5 over gt0123456789abc already'],
    ['10.9.0.5', lan, null],
    ['10.9.0.1', { ...lan, gateway: null }, null],
    ['10.7.0.6', null, null],
    ['192.0.2.77', null, null],
  ] as const)
    assert.equal(problem(ip, network), expected, String(ip));
  assert.equal(problem('10.7.0.5', null, 'gt0123456789abc'), null, 'its own device');
});

test('a NIC on a wire of the node does not get an address that the node has there, or that masters use', () => {
  const problem = (ip: string | null, device: string) =>
    sharedWireProblem(nicSpec({ ip }), { routes, devices: [device], reachedAt: ['192.0.2.20'], callers: ['198.51.100.7'] });
  const own = (ip: string, device: string) => `${ip} is an address of this node, on ${device}`;
  for (const [ip, device, expected] of [
    ['192.0.2.10', 'eth0', own('192.0.2.10', 'eth0')],
    ['10.1.2.3', 'eth0', own('10.1.2.3', 'eth0')],
    ['127.0.0.5', 'lo', own('127.0.0.5', 'lo')],
    ['192.0.2.10', 'br-tenant', null],
    ['192.0.2.255', 'eth0', null],
    ['192.0.2.77', 'eth0', null],
    ['192.0.2.20', 'br-tenant', '192.0.2.20 is the address at which the master reaches this node'],
    ['198.51.100.7', 'br-tenant', '198.51.100.7 is the address of a master'],
    [null, 'eth0', null],
  ] as const)
    assert.equal(problem(ip, device), expected, `${ip} on ${device}`);
});

test('a gateway is held for a guest when no real host has it', () => {
  const may = (gateway: string) => mayHoldGateway(gateway, routes, ['198.51.100.7']);
  assert.deepEqual(['10.9.0.1', '10.8.0.1'].map(may), [true, true]);
  assert.deepEqual(['', 'fd00::1', '127.0.0.1', '198.51.100.7', '192.0.2.3', '192.0.2.200', '10.7.0.7'].map(may), Array(7).fill(false));
});

test('what a program of the network said is told, other faults are not its own', () => {
  assert.equal(
    commandProblem(new GantryError('COMMAND_FAILED', { command: 'ip', outcome: 'exit code 2', stderr: 'no such device' })),
    'no such device',
  );
  for (const other of [new GantryError('COMMAND_MISSING', { command: 'ip', stderr: 'x' }), new Error('x'), 'x', undefined])
    assert.equal(commandProblem(other), null);
});
