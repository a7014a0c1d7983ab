import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../../base/index.ts';
import { devicesInVlans, portColumns } from './connect-to-switch.ts';
import { createLinuxNetwork } from './linux-network.ts';
import { nicSpec } from './network-conformance.ts';
import { deviceOf } from './prepared-nic.ts';

test('a VLAN is written as columns of a port', () => {
  assert.deepEqual(portColumns(''), []);
  assert.deepEqual(portColumns('.5'), ['tag=5', 'vlan_mode=access']);
  assert.deepEqual(portColumns('5'), ['tag=5', 'vlan_mode=access']);
  assert.deepEqual(portColumns(':5'), ['trunks=5', 'vlan_mode=trunk']);
  assert.deepEqual(portColumns(':5:6'), ['trunks=5,6', 'vlan_mode=trunk']);
  assert.deepEqual(portColumns('.5:6:7'), ['tag=5', 'trunks=6,7', 'vlan_mode=native-untagged']);
});

test('devices of the node in the VLANs of a NIC are ports of its switch, and VLAN devices on it', async () => {
  const ports: Record<string, string> = { '[]': 'sw0\n\nplain\n\nelsewhere', '5': 'node5\n\nother5', '6': '' };
  const execute = async ([, , ...args]: readonly string[]) =>
    args[0] === 'list-ports' ? 'plain\nnode5\n' : (ports[args.at(-1)?.replace('tag=', '') ?? ''] ?? '');
  const vlan = (ifname: string, link: string, id: number) => ({ ifname, link, linkinfo: { info_kind: 'vlan', info_data: { id } } });
  const list = async <T>() => [vlan('sw0.6', 'sw0', 6), vlan('sw0.5', 'sw0', 5), vlan('eth0.6', 'eth0', 6)] as T[];
  const of = (nics: string) => devicesInVlans({ execute, list }, 'sw0', nics);
  assert.deepEqual(await of(''), ['sw0', 'plain']);
  assert.deepEqual(await of('.5'), ['node5', 'sw0.5']);
  assert.deepEqual(await of('.06'), ['sw0.6']);
  assert.deepEqual(await of(':5:6'), ['node5', 'sw0.6', 'sw0.5']);
});

const installed = await access('/usr/sbin/ovs-vswitchd').then(
  () => true,
  () => false,
);

/** Real daemons with their switch in user space, which needs no kernel module, in a network namespace of their own. */
describe('Open vSwitch', { skip: installed ? false : 'openvswitch-switch is not installed' }, () => {
  const namespace = `gantry-ovs-${process.pid}`;
  const web = { uuid: randomUUID(), name: 'web1' };
  const daemons: ChildProcess[] = [];
  let dir = '';
  let prefix: string[] = [];
  const inside = async (...command: string[]): Promise<string> => {
    const [program = '', ...args] = [...prefix, ...command];
    return (await run(program, args)).stdout.trim();
  };
  const network = () => createLinuxNetwork({ commandPrefix: prefix });
  const column = (tap: string, name: string) => inside('ovs-vsctl', '--timeout=10', 'get', 'port', tap, name);
  const ports = () => inside('ovs-vsctl', '--timeout=10', 'list-ports', 'sw0');
  const prepare = (vlan: string, nic = nicSpec(), link = 'sw0') =>
    network().prepare(web, { ...nic, nicparams: { mode: 'openvswitch', link, vlan } }, 0, { kind: 'tap', ownerUid: 70001 });

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'gantry-ovs-'));
    await run('ip', ['netns', 'add', namespace]);
    prefix = ['ip', 'netns', 'exec', namespace, 'env', `OVS_RUNDIR=${dir}`];
    const start = (program: string, ...args: string[]) => {
      const [wrapper = '', ...rest] = [...prefix, program, ...args];
      daemons.push(spawn(wrapper, rest, { stdio: 'ignore' }));
    };
    await run('ovsdb-tool', ['create', join(dir, 'conf.db'), '/usr/share/openvswitch/vswitch.ovsschema']);
    start('ovsdb-server', join(dir, 'conf.db'), `--remote=punix:${dir}/db.sock`);
    for (let tries = 0; ; tries++) {
      if (
        await access(join(dir, 'db.sock')).then(
          () => true,
          () => false,
        )
      )
        break;
      assert.ok(tries < 200, 'ovsdb-server does not come up');
      await sleep(50);
    }
    await inside('ovs-vsctl', '--timeout=10', '--no-wait', 'init');
    start('ovs-vswitchd', `unix:${dir}/db.sock`);
    await inside('ovs-vsctl', '--timeout=30', 'add-br', 'sw0', '--', 'set', 'bridge', 'sw0', 'datapath_type=netdev');
    await inside('ovs-vsctl', '--timeout=30', 'add-br', 'sw1', '--', 'set', 'bridge', 'sw1', 'datapath_type=netdev');
  });
  after(async () => {
    for (const daemon of daemons) {
      if (daemon.exitCode !== null) continue;
      const ended = once(daemon, 'exit');
      daemon.kill('SIGTERM');
      await ended;
    }
    await run('ip', ['netns', 'delete', namespace]);
    await rm(dir, { recursive: true, force: true });
  });

  it('makes a NIC a port of its switch, with its VLAN, and follows a change of it', async () => {
    const nic = nicSpec();
    const tap = deviceOf(await prepare('.5', nic));
    assert.equal(await ports(), tap);
    assert.deepEqual([await column(tap, 'tag'), await column(tap, 'vlan_mode')], ['5', 'access']);
    await prepare('.5', nic);
    assert.equal(await ports(), tap);
    await prepare(':6:7', nic);
    assert.deepEqual([await column(tap, 'tag'), await column(tap, 'trunks'), await column(tap, 'vlan_mode')], ['[]', '[6, 7]', 'trunk']);
    await prepare('', nic);
    assert.deepEqual([await column(tap, 'tag'), await column(tap, 'trunks'), await column(tap, 'vlan_mode')], ['[]', '[]', '[]']);
    assert.match(await inside('ip', 'link', 'show', 'dev', tap), /[<,]UP[,>]/);
    await network().cleanup(web);
    assert.equal(await ports(), '');
  });

  it('moves a port from switch to switch, and takes away every port of an instance', async () => {
    const nic = nicSpec();
    await prepare('', nic);
    const tap = deviceOf(await prepare('', nic, 'sw1'));
    assert.equal(await ports(), '');
    assert.equal(await inside('ovs-vsctl', '--timeout=10', 'port-to-br', tap), 'sw1');
    await prepare('', nicSpec());
    await network().cleanup(web);
    assert.deepEqual(await network().list(), []);
    assert.equal(await inside('ovs-vsctl', '--timeout=10', 'list-ports', 'sw1'), '');
  });

  it('keeps from a NIC what the node has in the same VLAN of the same switch, and nothing else', async () => {
    const inVlan = ['--', 'set', 'interface', 'node5', 'type=internal'];
    await inside('ovs-vsctl', '--timeout=30', 'add-port', 'sw0', 'node5', 'tag=5', ...inVlan);
    for (const [device, address] of [
      ['sw0', '10.50.0.1'],
      ['node5', '10.50.5.1'],
    ] as const) {
      await inside('ip', 'address', 'add', `${address}/24`, 'dev', device);
      await inside('ip', 'link', 'set', device, 'up');
    }
    const check = (ip: string, vlan: string, link = 'sw0') =>
      network().check(web, { ...nicSpec({ ip }), nicparams: { mode: 'openvswitch', link, vlan } }, 0);
    const refused = (device: string) => ({ code: 'NETWORK_ADDRESS_OF_NODE', message: new RegExp(`address of this node, on ${device}\\.`) });
    await assert.rejects(check('10.50.0.1', ''), refused('sw0'));
    await assert.rejects(check('10.50.5.1', '.5'), refused('node5'));
    await assert.rejects(check('10.50.5.1', ':5:6'), refused('node5'));
    for (const [ip, vlan] of [
      ['10.50.0.1', '.5'],
      ['10.50.5.1', '.6'],
      ['10.50.5.1', ''],
      ['10.50.5.255', '.5'],
    ] as const)
      await check(ip, vlan);
    await check('10.50.5.1', '.5', 'sw1');
    await inside('ovs-vsctl', '--timeout=10', 'del-port', 'node5');
  });

  it('tells which switches there are, and leaves nothing where there is none', async () => {
    assert.equal(await network().switchExists('sw0'), true);
    assert.equal(await network().switchExists('sw9'), false);
    await assert.rejects(prepare('', nicSpec(), 'sw9'), { code: 'NETWORK_SWITCH_MISSING' });
    assert.deepEqual(await network().list(), []);
    const without = createLinuxNetwork({ commandPrefix: ['ip', 'netns', 'exec', namespace, 'env', `OVS_RUNDIR=${dir}/nowhere`] });
    assert.equal(await without.switchExists('sw0'), false);
  });
});
