import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GantryError } from '../../base/index.ts';
import type { Cluster } from '../objects/cluster.ts';
import type { NodeGroup } from '../objects/node-group.ts';
import { defaultBeparams } from './beparams.ts';
import { fillBeparams, fillHvparams, fillIpolicy, fillNdparams, fillNicparams } from './inherit.ts';
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

test('a hypervisor without parameters in this build is refused', () => {
  assert.throws(
    () => fillHvparams(cluster, 'lxc', 'x', {}),
    (error: GantryError) => error.code === 'INPUT_INVALID',
  );
});
