import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultBeparams, defaultNicparams, type Instance, type Nic, sealedPrefix } from '../../../model/index.ts';
import { toCell } from '../../fields/cell.ts';
import { instanceKind } from './instance-kind.ts';

const instanceFields = instanceKind.fields;

import type { View } from '../../view.ts';

const disk = (uuid: string, size: number, dev_type = 'file', name: string | null = null) => ({ uuid, size, dev_type, name });
const nic = (uuid: string, more: Partial<Nic> = {}) => ({
  uuid,
  mac: `mac-${uuid}`,
  ip: null,
  name: null,
  network: null,
  nicparams: {},
  ...more,
});
const sealed = `${sealedPrefix}k:secret`;

const web = {
  uuid: 'i1',
  name: 'web1',
  admin_state: 'up',
  admin_state_source: 'admin',
  disks_active: true,
  hypervisor: 'kvm',
  network_port: 11_000,
  os: 'debian+full',
  forthcoming: false,
  primary_node: 'n1',
  secondary_nodes: ['n2', 'gone'],
  hvparams: { acpi: false },
  beparams: { vcpus: 3 },
  osparams: { own: '1', password: sealed },
  osparams_private: { key: sealed },
  disk_template: 'file',
  disks: [disk('d0', 100, 'file', 'root'), disk('d1', 50, 'drbd')],
  nics: [
    nic('a', { ip: '10.0.0.5', name: 'eth', network: 'lan-uuid' }),
    nic('b', { nicparams: { mode: 'routed', link: '100' }, network: 'gone' }),
  ],
  tags: [],
} as unknown as Instance;

type Live = Readonly<Record<string, unknown>> | null;

/** A view in which the instance is seen like this on its node. */
function viewWith(runtime: Live): View {
  return {
    config: {
      cluster: {
        beparams: { ...defaultBeparams, minmem: 64 },
        nicparams: { ...defaultNicparams, link: 'br7' },
        hvparams: {},
        os_hvp: { debian: { kvm: { vga: 'std' } }, 'debian+full': { kvm: { vga: 'none' } } },
        osparams: { debian: { base: '1', own: '0' }, 'debian+full': { base: '2' } },
        osparams_private_cluster: { debian: { of_os: sealed, both: sealed }, 'debian+full': { of_variant: sealed } },
      },
      nodes: new Map([
        ['n1', { name: 'node1', group: 'g1', offline: false }],
        ['n2', { name: 'node2', group: 'g2' }],
        ['off', { name: 'node3', group: 'gone', offline: true }],
      ]),
      groups: new Map([
        ['g1', { name: 'default', uuid: 'g1' }],
        ['g2', { name: 'other', uuid: 'g2' }],
      ]),
      networks: new Map([['lan-uuid', { name: 'lan' }]]),
    },
    live: {
      node: () => ({ stale: false }),
      instance: () => (runtime ? { node: 'n1', runtime: { state: 'running', memory: 512, vcpus: 2, ...runtime } } : undefined),
    },
  } as unknown as View;
}

const byName = new Map(instanceFields.map((one) => [one.name, one]));
const cell = (name: string, instance: Instance = web, runtime: Live = {}) => toCell(byName.get(name)?.get(instance, viewWith(runtime)));
const values = (names: string, instance: Instance = web) =>
  Object.fromEntries(names.split(' ').map((name) => [name, cell(name, instance)]));
const normal = (row: object) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, [0, value]]));

test('names, places and what the instance should do', () => {
  const expected = {
    name: 'web1',
    admin_state: 'up',
    admin_state_source: 'admin',
    admin_up: true,
    disks_active: true,
    hypervisor: 'kvm',
    network_port: 11_000,
    os: 'debian+full',
    forthcoming: false,
    pnode: 'node1',
    'pnode.group': 'default',
    'pnode.group.uuid': 'g1',
    snodes: ['node2'],
    'snodes.group': ['other'],
    'snodes.group.uuid': ['g2'],
  };
  assert.deepEqual(values(Object.keys(expected).join(' ')), normal(expected));
  assert.deepEqual(cell('admin_up', { ...web, admin_state: 'down' }), [0, false]);
  const lost = { ...web, primary_node: 'nowhere', network_port: null };
  assert.deepEqual(values('pnode pnode.group network_port', lost), { pnode: [2, null], 'pnode.group': [2, null], network_port: [3, null] });
  assert.deepEqual(cell('pnode.group', { ...web, primary_node: 'off' }), [2, null]);
});

test('parameters are those of the instance over those of the cluster, and no secret is among them', () => {
  const [, beparams] = cell('beparams');
  assert.deepEqual(beparams, { ...defaultBeparams, minmem: 64, vcpus: 3 });
  assert.deepEqual(values('be/vcpus vcpus be/minmem be/memory be/maxmem'), {
    'be/vcpus': [0, 3],
    vcpus: [0, 3],
    'be/minmem': [0, 64],
    'be/memory': [0, defaultBeparams.maxmem],
    'be/maxmem': [0, defaultBeparams.maxmem],
  });
  assert.deepEqual(cell('osparams')[1], { base: '2', own: '1', password: '<redacted>' });
  assert.deepEqual(cell('custom_osparams')[1], { own: '1', password: '<redacted>' });
  assert.deepEqual(cell('osparams_private')[1], { of_os: '<redacted>', both: '<redacted>', of_variant: '<redacted>', key: '<redacted>' });
  const hvparams = cell('hvparams')[1] as Record<string, unknown>;
  assert.deepEqual([hvparams['acpi'], hvparams['vga'], hvparams['boot_order']], [false, 'none', 'disk']);
  assert.ok(!('migration_port' in hvparams) && 'migration_downtime' in hvparams);
  assert.deepEqual(values('hv/acpi hv/vga hv/cpu_mask'), { 'hv/acpi': [0, false], 'hv/vga': [0, 'none'], 'hv/cpu_mask': [3, null] });
  assert.deepEqual(cell('hvparams', { ...web, hypervisor: 'lxc' })[1], { acpi: false }, 'a hypervisor that this build lacks');
  assert.deepEqual(cell('custom_nicparams')[1], [{}, { mode: 'routed', link: '100' }]);
});

test('disks, all and one by one', () => {
  const expected = {
    disk_usage: 278,
    disk_template: 'file',
    'disk.count': 2,
    'disk.sizes': [100, 50],
    'disk.spindles': [null, null],
    'disk.names': ['root', null],
    'disk.uuids': ['d0', 'd1'],
    'disk.size/0': 100,
    'disk.size/1': 50,
    sda_size: 100,
    sdb_size: 50,
    'disk.name/0': 'root',
    'disk.uuid/1': 'd1',
  };
  assert.deepEqual(values(Object.keys(expected).join(' ')), normal(expected));
  assert.deepEqual(values('disk.size/2 disk.name/1 disk.spindles/0'), {
    'disk.size/2': [3, null],
    'disk.name/1': [3, null],
    'disk.spindles/0': [3, null],
  });
  assert.ok(byName.has('disk.size/15') && !byName.has('disk.size/16') && byName.has('nic.mac/7') && !byName.has('nic.mac/8'));
});

test('NICs, all and one by one, with what they inherit', () => {
  const expected = {
    'nic.count': 2,
    'nic.macs': ['mac-a', 'mac-b'],
    'nic.ips': ['10.0.0.5', null],
    'nic.names': ['eth', null],
    'nic.uuids': ['a', 'b'],
    'nic.modes': ['bridged', 'routed'],
    'nic.links': ['br7', '100'],
    'nic.vlans': [null, null],
    'nic.bridges': ['br7', null],
    'nic.networks': ['lan-uuid', 'gone'],
    'nic.networks.names': ['lan', null],
    'nic.mac/0': 'mac-a',
    mac: 'mac-a',
    ip: '10.0.0.5',
    bridge: 'br7',
    nic_link: 'br7',
    nic_mode: 'bridged',
    nic_network: 'lan-uuid',
    'nic.mode/1': 'routed',
    'nic.link/1': '100',
    'nic.network.name/0': 'lan',
  };
  assert.deepEqual(values(Object.keys(expected).join(' ')), normal(expected));
  for (const name of ['nic.bridge/1', 'nic.ip/1', 'nic.vlan/0', 'nic.network.name/1', 'nic.mac/2'])
    assert.deepEqual(cell(name), [3, null], name);
  const switched = { ...web, nics: [nic('a', { nicparams: { mode: 'openvswitch', link: 'sw0', vlan: '.5' } })] } as unknown as Instance;
  assert.deepEqual(values('nic.vlans nic.vlan/0 nic.bridges nic.bridge/0 nic.networks.names', switched), {
    'nic.vlans': [0, ['.5']],
    'nic.vlan/0': [0, '.5'],
    'nic.bridges': [0, [null]],
    'nic.bridge/0': [3, null],
    'nic.networks.names': [0, [null]],
  });
});

test('what its node reports: running, stopped, standing still, unknown', () => {
  const state = (instance: Instance, runtime: Live) =>
    'status oper_state oper_problem oper_ram oper_vcpus'.split(' ').map((name) => cell(name, instance, runtime));
  assert.deepEqual(state(web, {}), [
    [0, 'running'],
    [0, true],
    [3, null],
    [0, 512],
    [0, 2],
  ]);
  assert.deepEqual(state(web, { problem: 'disk full' }), [
    [0, 'ERROR_down'],
    [0, false],
    [0, 'disk full'],
    [0, 512],
    [0, 2],
  ]);
  assert.deepEqual(state(web, null), [
    [0, 'ERROR_down'],
    [0, false],
    [3, null],
    [3, null],
    [3, null],
  ]);
  const away = { ...web, primary_node: 'off' };
  assert.deepEqual(state(away, {}), [
    [0, 'ERROR_nodeoffline'],
    [2, null],
    [4, null],
    [4, null],
    [4, null],
  ]);
});

test('the console of a running instance, where its node tells it', () => {
  const places = { serial_socket: '/run/s', vnc_socket: null, vnc: null };
  const [state, told] = cell('console', web, { console: places });
  assert.equal(state, 0);
  const { host, kind } = told as { host: string; kind: string };
  assert.deepEqual([host, kind], ['node1', 'ssh']);
  assert.deepEqual(cell('console', web, {}), [2, null], 'an agent of an earlier version does not tell');
  assert.deepEqual(cell('console', web, null), [3, null]);
  assert.deepEqual(cell('console', { ...web, primary_node: 'off' }, {}), [4, null]);
  const [, fake] = cell('console', { ...web, hypervisor: 'fake' }, {});
  assert.equal((fake as { kind: string }).kind, 'msg');
});
