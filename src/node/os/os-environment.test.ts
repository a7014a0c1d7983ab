import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDisk, testInstance } from '../testing/instance-spec.ts';
import type { OsDefinition } from './os-definition.ts';
import { definitionEnvironment, instanceEnvironment } from './os-environment.ts';
import { nic } from './os-test-helpers.ts';

const definition: OsDefinition = {
  name: 'debian',
  path: '/os/debian',
  apiVersions: [20, 15],
  variants: ['stable', 'testing'],
  parameters: [],
  secretParameters: {},
};
const path = '/sbin:/bin:/usr/sbin:/usr/bin';

test('a definition gets its version, variant, parameters and how much to tell', () => {
  const base = { OS_API_VERSION: '20', OS_NAME: 'debian', DEBUG_LEVEL: '0', PATH: path };
  const of = (os: string, osparams = {}, variants = definition.variants) =>
    definitionEnvironment({ ...definition, variants }, os, osparams, 0);
  assert.deepEqual(of('debian+testing', { 'root-size': '8', dhcp: '' }), {
    ...base,
    OS_VARIANT: 'testing',
    OSP_ROOT_SIZE: '8',
    OSP_DHCP: '',
  });
  assert.deepEqual(of('debian'), { ...base, OS_VARIANT: 'stable' }, 'the first one');
  assert.deepEqual(of('debian+a+b'), { ...base, OS_VARIANT: 'a+b' });
  assert.deepEqual(of('debian+testing', {}, []), { ...base, OS_VARIANT: '' }, 'it has none');
});

test('an instance has everything that the interface promises', () => {
  const disks = [testDisk('d0', { size: 64, logical_id: ['blktap', '/x'] }), testDisk('d1', { size: 8 })];
  const network = { name: 'lan', cidr: '10.0.0.0/24', gateway: '10.0.0.1', cidr6: 'fd00::/64', gateway6: 'fd00::1' };
  const instance = testInstance('i1', {
    ...{ os: 'debian', hypervisor: 'kvm', memory: 512, min_memory: 128, vcpus: 2, osparams: { a: 'b' }, disks },
    hvparams: { disk_type: 'ide', nic_type: 'e1000', acpi: true, use_localtime: false, serial_speed: 9600 },
    nics: [
      nic({ uuid: 'n0', mac: 'm0', ip: '10.0.0.5', network, nicparams: { mode: 'openvswitch', link: 'sw0', vlan: '.5' } }),
      nic({ uuid: 'n1', mac: 'm1', nicparams: { mode: 'routed', link: '', vlan: '' } }),
      nic({
        uuid: 'n2',
        mac: 'm2',
        nicparams: { mode: 'bridged', link: 'br0', vlan: '' },
        network: { ...network, gateway: null, cidr6: null, gateway6: null },
      }),
    ],
  });
  const scripts = [
    { uuid: 'd0', mode: 'rw', path: '/dev/a', block: false },
    { uuid: 'd1', mode: 'ro', path: '/dev/b', block: true },
    { uuid: 'foreign', mode: 'ro', path: '/c', block: false },
  ] as const;
  const environment = instanceEnvironment(definition, instance, scripts, 2);
  assert.deepEqual(environment, {
    ...{ OS_API_VERSION: '20', OS_NAME: 'debian', OS_VARIANT: 'stable', DEBUG_LEVEL: '2', PATH: path, OSP_A: 'b' },
    ...{ INSTANCE_NAME: 'name-of-i1', INSTANCE_UUID: 'i1', INSTANCE_OS: 'debian', HYPERVISOR: 'kvm', DISK_COUNT: '3', NIC_COUNT: '3' },
    ...{ INSTANCE_BE_maxmem: '512', INSTANCE_BE_minmem: '128', INSTANCE_BE_memory: '512', INSTANCE_BE_vcpus: '2' },
    ...{ INSTANCE_HV_disk_type: 'ide', INSTANCE_HV_nic_type: 'e1000', INSTANCE_HV_acpi: 'True', INSTANCE_HV_use_localtime: 'False' },
    INSTANCE_HV_serial_speed: '9600',
    ...{
      DISK_0_PATH: '/dev/a',
      DISK_0_ACCESS: 'rw',
      DISK_0_UUID: 'd0',
      DISK_0_SIZE: '64',
      DISK_0_FRONTEND_TYPE: 'ide',
      DISK_0_BACKEND_TYPE: 'file:blktap',
    },
    ...{
      DISK_1_PATH: '/dev/b',
      DISK_1_ACCESS: 'ro',
      DISK_1_UUID: 'd1',
      DISK_1_SIZE: '8',
      DISK_1_FRONTEND_TYPE: 'ide',
      DISK_1_BACKEND_TYPE: 'block',
    },
    ...{ DISK_2_PATH: '/c', DISK_2_ACCESS: 'ro', DISK_2_UUID: 'foreign', DISK_2_FRONTEND_TYPE: 'ide', DISK_2_BACKEND_TYPE: 'file:loop' },
    ...{
      NIC_0_MAC: 'm0',
      NIC_0_UUID: 'n0',
      NIC_0_MODE: 'openvswitch',
      NIC_0_IP: '10.0.0.5',
      NIC_0_BRIDGE: 'sw0',
      NIC_0_LINK: 'sw0',
      NIC_0_VLAN: '.5',
    },
    ...{ NIC_0_FRONTEND_TYPE: 'e1000', NIC_0_NETWORK_NAME: 'lan', NIC_0_NETWORK_SUBNET: '10.0.0.0/24', NIC_0_NETWORK_GATEWAY: '10.0.0.1' },
    ...{ NIC_0_NETWORK_SUBNET6: 'fd00::/64', NIC_0_NETWORK_GATEWAY6: 'fd00::1' },
    ...{ NIC_1_MAC: 'm1', NIC_1_UUID: 'n1', NIC_1_MODE: 'routed', NIC_1_FRONTEND_TYPE: 'e1000' },
    ...{ NIC_2_MAC: 'm2', NIC_2_UUID: 'n2', NIC_2_MODE: 'bridged', NIC_2_BRIDGE: 'br0', NIC_2_LINK: 'br0', NIC_2_FRONTEND_TYPE: 'e1000' },
    ...{ NIC_2_NETWORK_NAME: 'lan', NIC_2_NETWORK_SUBNET: '10.0.0.0/24' },
  });
  const bare = instanceEnvironment(definition, { ...instance, hvparams: {} }, scripts, 0);
  assert.ok(!Object.keys(bare).some((name) => name.endsWith('FRONTEND_TYPE')));
});
