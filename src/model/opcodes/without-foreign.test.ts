import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GantryError } from '../../base/index.ts';
import { ganetiHvDefaults } from '../params/ganeti-hv-defaults.ts';
import { notUsedClusterParams } from '../params/not-used-cluster-params.ts';
import { withoutForeignHvparams } from '../params/without-foreign-hvparams.ts';
import { readOpcode } from './read-opcode.ts';

const create = (more: object) => readOpcode({ OP_ID: 'OP_INSTANCE_CREATE', instance_name: 'web1', ...more }).params;
const cluster = (more: object) => readOpcode({ OP_ID: 'OP_CLUSTER_SET_PARAMS', ...more }).params;
const refused = (read: () => unknown, field: string) =>
  assert.throws(read, (error: GantryError) => error.code === 'INPUT_INVALID' && error.facts['field'] === field);

test('members of disks and NICs that Ganeti has and we do not may be null, and nothing else', () => {
  const empty = { access: null, adopt: null, dev_type: null, metavg: null, provider: null, spindles: null, vg: null };
  assert.deepEqual(create({ disks: [{ size: 64, ...empty }] })['disks'], [{ size: 64 }]);
  for (const name of Object.keys(empty)) refused(() => create({ disks: [{ size: 64, [name]: 'x' }] }), `disks.0.${name}`);
  refused(() => create({ disks: [{ size: 64, zork: null }] }), 'disks.0.zork');
  assert.deepEqual(create({ nics: [{ bridge: null }] })['nics'], [{}]);
  refused(() => create({ nics: [{ bridge: 'br0' }] }), 'nics.0.bridge');
});

test('"none" is what a NIC does not have: address, network, name', () => {
  assert.deepEqual(create({ nics: [{ ip: 'none', network: 'NONE', name: 'None', link: 'br0' }] })['nics'], [{ link: 'br0' }]);
  assert.deepEqual(create({ nics: [{ ip: 'pool', network: 'lan', link: 'none' }] })['nics'], [
    { ip: 'pool', network: 'lan', link: 'none' },
  ]);
});

test("Ganeti's own driver of files and a hint for locks ask for nothing, other drivers do", () => {
  assert.deepEqual(create({ file_driver: 'loop', opportunistic_locking: true }), create({}));
  refused(() => create({ file_driver: 'blktap' }), 'file_driver');
});

test('what /2/info shows of the cluster can be sent back, and nothing else', () => {
  for (const [name, value] of Object.entries(notUsedClusterParams)) {
    assert.deepEqual(cluster({ [name]: value }), cluster({}), name);
    refused(() => cluster({ [name]: 'zork' }), name);
  }
  assert.deepEqual(cluster({ default_iallocator: 'hail', vg_name: '', modify_etc_hosts: false }), cluster({}));
  refused(() => cluster({ default_iallocator: 'other' }), 'default_iallocator');
  refused(() => cluster({ maintain_node_health: true }), 'maintain_node_health');
});

test("hypervisor parameters that we do not have may be Ganeti's defaults, also as text", () => {
  const { kvm, lxc } = ganetiHvDefaults;
  assert.deepEqual(cluster({ hvparams: { kvm: { ...kvm, acpi: true }, lxc } })['hvparams'], { kvm: { acpi: true } });
  assert.deepEqual(cluster({ os_hvp: { tiny: { kvm: { cpu_mask: 'all' } } } })['os_hvp'], { tiny: {} });
  refused(() => cluster({ hvparams: { kvm: { cpu_mask: '0-3' } } }), 'hvparams.kvm.cpu_mask');
  const given = { cpu_cores: '0', vhost_net: 'False', mem_path: null, usb_mouse: '', cpu_mask: 'all', acpi: 'true' };
  assert.deepEqual(withoutForeignHvparams('kvm', given), { acpi: 'true' });
  assert.deepEqual(withoutForeignHvparams('kvm', { vhost_net: true, zork: null }), { vhost_net: true, zork: null });
});

test('what is no object or list at all stays for the validation', () => {
  refused(() => create({ disks: 'x' }), 'disks');
  refused(() => create({ disks: ['x'] }), 'disks.0');
  refused(() => create({ disks: [null] }), 'disks.0');
  refused(() => create({ disks: [[]] }), 'disks.0');
  refused(() => create({ nics: {} }), 'nics');
  refused(() => create({ nics: ['none'] }), 'nics.0');
  refused(() => create({ nics: [{ ip: 5 }] }), 'nics.0.ip');
  refused(() => create({ beparams: 5 }), 'beparams');
  refused(() => create({ beparams: [] }), 'beparams');
  refused(() => cluster({ hvparams: 'x' }), 'hvparams');
  refused(() => cluster({ hvparams: { kvm: 'x' } }), 'hvparams.kvm');
  refused(() => cluster({ os_hvp: { tiny: 'x' } }), 'os_hvp.tiny');
  refused(() => cluster({ os_hvp: [] }), 'os_hvp');
  refused(() => cluster({ toString: null }), 'toString');
});

test('a hypervisor that has no parameters set stays, one that had only foreign ones goes', () => {
  assert.deepEqual(cluster({ hvparams: { lxc: {}, kvm: {} } })['hvparams'], { lxc: {}, kvm: {} });
  assert.deepEqual(cluster({ hvparams: { lxc: { cpu_mask: null }, kvm: { acpi: true } } })['hvparams'], { kvm: { acpi: true } });
});

test('an empty object asks for nothing where Ganeti has none, and something else asks', () => {
  const add = (more: object) => readOpcode({ OP_ID: 'OP_GROUP_ADD', group_name: 'g', ...more }).params;
  assert.deepEqual(add({ hv_state: {} }), add({}));
  refused(() => add({ hv_state: [] }), 'hv_state');
  refused(() => create({ opportunistic_locking: 1 }), 'opportunistic_locking');
  const verify = (more: object) => readOpcode({ OP_ID: 'OP_CLUSTER_VERIFY', ...more }).params;
  assert.deepEqual(verify({ verbose: null }), verify({ verbose: false }));
  refused(() => verify({ verbose: {} }), 'verbose');
});
