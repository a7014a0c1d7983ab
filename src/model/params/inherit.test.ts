import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GantryError } from '../../base/index.ts';
import type { Cluster } from '../objects/cluster.ts';
import type { NodeGroup } from '../objects/node-group.ts';
import { defaultBeparams } from './beparams.ts';
import { fillBeparams, fillDiskparams, fillHvparams, fillIpolicy, fillNdparams, fillNicparams } from './inherit.ts';
import { defaultIpolicy } from './ipolicy.ts';
import { defaultNdparams } from './ndparams.ts';
import { defaultNicparams } from './nicparams.ts';

const cluster = {
  beparams: { ...defaultBeparams, vcpus: 2 },
  nicparams: { ...defaultNicparams, link: 'br7' },
  ndparams: { ...defaultNdparams, cpu_speed: 2 },
  ipolicy: defaultIpolicy,
  hvparams: { kvm: { acpi: false, vga: 'std' } },
  os_hvp: { tiny: { kvm: { vga: 'none', kernel_path: '/k' } }, 'tiny+big': { kvm: { kernel_path: '/big' } } },
} as unknown as Cluster;
const group = { ndparams: { spindle_count: 5, cpu_speed: 3 }, ipolicy: { 'vcpu-ratio': 9 } } as unknown as NodeGroup;

test('the most specific level that sets a parameter wins', () => {
  assert.deepEqual(fillBeparams(cluster, { beparams: { maxmem: 512 } }), { ...defaultBeparams, vcpus: 2, maxmem: 512 });
  assert.equal(fillNicparams(cluster, { nicparams: { mode: 'bridged' } }).link, 'br7');
  assert.equal(fillNicparams(cluster, { nicparams: { mode: 'routed' } }).link, '', 'a bridge is no routing table');
  assert.deepEqual(fillNdparams(cluster, group, { ndparams: { cpu_speed: 4 } }), { ...defaultNdparams, spindle_count: 5, cpu_speed: 4 });
  assert.equal(fillIpolicy(cluster, group)['vcpu-ratio'], 9);
});

test('hypervisor parameters: built in, cluster, OS, variant, instance', () => {
  const filled = fillHvparams(cluster, 'kvm', 'tiny', { serial_speed: 9600 });
  assert.deepEqual([filled['acpi'], filled['vga'], filled['kernel_path'], filled['serial_speed']], [false, 'none', '/k', 9600]);
  assert.equal(filled['boot_order'], 'disk', 'built-in default');
  assert.equal(fillHvparams(cluster, 'kvm', 'tiny+big', {})['kernel_path'], '/big');
  assert.equal(fillHvparams(cluster, 'kvm', 'tiny+big', {})['vga'], 'none');
  assert.equal(fillHvparams(cluster, 'kvm', 'tiny', { vga: 'own' })['vga'], 'own');
});

test('a NIC of the mode of the cluster inherits link and VLAN, one of another mode neither', () => {
  const switched = { ...cluster, nicparams: { mode: 'openvswitch', link: 'sw0', vlan: '.5' } } as Cluster;
  const filled = (nicparams: object) => fillNicparams(switched, { nicparams });
  assert.deepEqual(filled({}), { mode: 'openvswitch', link: 'sw0', vlan: '.5' });
  assert.deepEqual(filled({ mode: 'openvswitch', link: 'sw1' }), { mode: 'openvswitch', link: 'sw1', vlan: '.5' });
  assert.deepEqual(filled({ mode: 'bridged' }), { mode: 'bridged', link: '', vlan: '' });
  assert.deepEqual(filled({ mode: 'bridged', link: 'br1' }), { mode: 'bridged', link: 'br1', vlan: '' });
});

test('without a node the parameters of its group hold', () => {
  assert.deepEqual(fillNdparams(cluster, group), { ...defaultNdparams, spindle_count: 5, cpu_speed: 3 });
});

test('disk parameters: built in, cluster, group', () => {
  const own = { ...cluster, diskparams: { rbd: { pool: 'ssd' } } } as unknown as Cluster;
  const of = (diskparams: object) => ({ diskparams }) as unknown as NodeGroup;
  assert.deepEqual(fillDiskparams(own, undefined, 'rbd'), { access: 'kernelspace', pool: 'ssd' });
  assert.deepEqual(fillDiskparams(own, of({ rbd: { pool: 'hdd' } }), 'rbd'), { access: 'kernelspace', pool: 'hdd' });
  assert.deepEqual(fillDiskparams(own, of({}), 'plain'), { stripes: 1 });
  assert.deepEqual(fillDiskparams(own, of({}), 'file'), {});
});

test('of an OS without a variant its own parameters hold once, of an unknown one none', () => {
  assert.equal(fillHvparams(cluster, 'kvm', 'other', {})['vga'], 'std');
  assert.equal(fillHvparams(cluster, 'kvm', 'other+tiny', {})['vga'], 'std');
  assert.equal(fillHvparams(cluster, 'kvm', 'tiny+none', {})['vga'], 'none');
  assert.deepEqual(fillHvparams(cluster, 'fake', 'tiny', {}), { migration_mode: 'live' });
});

test('a hypervisor without parameters in this build is refused', () => {
  assert.throws(
    () => fillHvparams(cluster, 'lxc', 'x', {}),
    (error: GantryError) => error.code === 'INPUT_INVALID',
  );
});
