import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSamples } from '../../base/index.ts';
import { calmRun, createTestHost } from '../testing/test-host.ts';
import { network } from './network.ts';
import { parseNetDev } from './parse-net-dev.ts';

const head =
  'Inter-|   Receive                                                |  Transmit\n' +
  ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n';
const lines =
  '    lo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n  eth0:6925027000  174345    0    0    0     0          0         0 14116058  120622    0    0    0     0       0          0\n';

test('with and without a blank after the colon, aliases with colons', () => {
  const [lo, eth0] = parseNetDev(head + lines);
  assert.deepEqual([lo?.name, lo?.receivedBytes, lo?.receivedMulticast, lo?.sentBytes, lo?.sendCompressed], ['lo', 1, 8, 9, 16]);
  assert.deepEqual([eth0?.name, eth0?.receivedBytes, eth0?.sentPackets], ['eth0', 6925027000, 120622]);
  assert.equal(parseNetDev(lines.replace('lo:', 'lo:1:'))[0]?.name, 'lo:1');
});

test('empty, cut short, garbled', () => {
  for (const nothing of ['', head, ':::', '\0', 'eth0: 1 2 3', 'eth0: 1 2 3 4 5 6 7 8 9 10 x 12 13 14 15 16'])
    assert.deepEqual(parseNetDev(nothing), []);
  const text = head + lines;
  for (let length = 0; length < text.length; length++) assert.ok(parseNetDev(text.slice(0, length)).length <= 2);
});

test('only links that carry data are up', () => {
  const counters = parseNetDev(head + lines)[1] ?? assert.fail();
  const states = ['up', 'unknown', 'down', 'lowerlayerdown', 'notpresent', 'dormant', 'testing'];
  const [up] = formatSamples(
    network,
    states.map((state) => ({ ...counters, name: state, state })),
  ).filter(({ family }) => family === 'gantry_node_network_up');
  assert.deepEqual(up?.text.match(/\w+(?="\} 1)/g), ['up', 'unknown']);
});

test('devices of containers on this side are left out; of a pair on this side both are told of', () => {
  const device = (name: string, index: number, link: number) => ({
    [`/sys/class/net/${name}/ifindex`]: `${index}\n`,
    [`/sys/class/net/${name}/iflink`]: `${link}\n`,
  });
  const row = (name: string) => `${name}: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n`;
  using host = createTestHost({
    '/proc/net/dev': ['eth0', 'eth0.5', 'veth1a2b', 'veth3c4d', 'vethleft', 'vethright'].map(row).join(''),
    ...device('eth0', 2, 2),
    ...device('eth0.5', 3, 2),
    ...device('veth1a2b', 4, 77),
    ...device('veth3c4d', 7, 2),
    ...device('vethleft', 5, 6),
    ...device('vethright', 6, 5),
  });
  const collect = host.begin(network);
  const names = () => (collect(calmRun) as Parameters<typeof network.measure>[0]).map(({ name }) => name);
  assert.deepEqual(names(), ['eth0', 'eth0.5', 'vethleft', 'vethright']);
  host.write('/proc/net/dev', ['eth0', 'veth9', 'vethgone'].map(row).join(''));
  host.write('/sys/class/net/veth9/ifindex', '9\n');
  host.write('/sys/class/net/veth9/iflink', '9\n');
  assert.deepEqual(names(), ['eth0', 'veth9'], 'one went while it was looked at');
});

test('state and speed of the node, without devices of instances; an interface that goes while it is read', () => {
  using host = createTestHost({
    '/proc/net/dev': head + lines + lines.replace('lo', 'tap3').replace('eth0', 'eth1'),
    '/sys/class/net/eth0/operstate': 'up\n',
    '/sys/class/net/eth0/mtu': '1500\n',
    '/sys/class/net/eth0/speed': '10000\n',
    '/sys/class/net/lo/operstate': 'unknown\n',
    '/sys/class/net/eth1/operstate': 'up\n',
    '/sys/class/net/eth1/speed': '-1\n',
    '/sys/class/net/tap3/operstate': 'up\n',
  });
  host.instances = [{ name: 'web1', hypervisor: 'kvm', interfaces: ['tap3'] }];
  const collect = host.begin(network);
  const data = collect(calmRun) as Parameters<typeof network.measure>[0];
  assert.deepEqual(
    data.map(({ name, state, mtu, speed }) => ({ name, state, mtu, speed })),
    [
      { name: 'lo', state: 'unknown', mtu: undefined, speed: undefined },
      { name: 'eth0', state: 'up', mtu: 1500, speed: 1e10 },
      { name: 'eth1', state: 'up', mtu: undefined, speed: undefined },
    ],
  );
  const samples = formatSamples(network, data);
  assert.equal(samples.at(-1)?.text, 'gantry_node_network_speed_bits_per_second{interface="eth0"} 10000000000\n');
  host.vanish('/sys/class/net/eth0/operstate');
  host.vanish('/sys/class/net/eth0/mtu');
  assert.equal((collect(calmRun) as typeof data)[1]?.state, undefined);
  host.vanish('/proc/net/dev');
  assert.throws(() => collect(calmRun), /ENOENT/);
});
