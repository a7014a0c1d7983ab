import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError } from '../../../base/index.ts';
import { type Cluster, usableHypervisors } from '../../../model/index.ts';
import { plainConfig, plainInstance, plainUuid } from '../../testing/plain-config.ts';
import { claimsOf, readHvparams, wantedInstance } from './new-instance.ts';

test('what is not enabled is refused with what this version supports, which alone can be enabled', () => {
  const config = plainConfig({ nodes: [], instances: [] });
  const adviceFor = (extra: object): string => {
    try {
      wantedInstance(config, { instance_name: 'web1', mode: 'create', os_type: 'tiny', ...extra } as never);
    } catch (error) {
      return GantryError.from(error).toReport().todo;
    }
    throw new assert.AssertionError({ message: 'was accepted' });
  };
  assert.ok(adviceFor({ hypervisor: 'lxc' }).includes(`This version supports ${usableHypervisors.join(', ')}; `));
  assert.match(adviceFor({ disk_template: 'plain' }), /This version supports diskless, file, sharedfile; /);
});

const wantedOf = (extra: object, cluster: Partial<Cluster> = {}) =>
  wantedInstance(plainConfig({ cluster, nodes: [], instances: [] }), {
    instance_name: 'web1',
    mode: 'create',
    os_type: 'tiny',
    ...extra,
  } as never);

test('what is not asked for is what the cluster has first, or its standard', () => {
  const { hypervisor, diskTemplate, disks, beparams, hvparams, memory, vcpus, spindleUse } = wantedOf({});
  assert.deepEqual([hypervisor, diskTemplate, disks], ['kvm', 'file', [{ size: 1024 }]]);
  assert.deepEqual([beparams, hvparams, memory, vcpus, spindleUse], [{}, {}, 128, 1, 1]);
  const first = wantedOf({}, { enabled_hypervisors: ['fake', 'kvm'], enabled_disk_templates: ['sharedfile', 'file'] });
  assert.deepEqual([first.hypervisor, first.diskTemplate], ['fake', 'sharedfile']);
  const asked = wantedOf(
    { hypervisor: 'kvm', disk_template: 'file' },
    { enabled_hypervisors: ['fake', 'kvm'], enabled_disk_templates: ['sharedfile', 'file'] },
  );
  assert.deepEqual([asked.hypervisor, asked.diskTemplate], ['kvm', 'file']);
  const own = wantedOf({ disks: [{ size: 5 }], beparams: { maxmem: 256, vcpus: 2, spindle_use: 3 }, hvparams: { acpi: false } });
  assert.deepEqual([own.disks, own.memory, own.vcpus, own.spindleUse], [[{ size: 5 }], 256, 2, 3]);
  assert.deepEqual([own.beparams, own.hvparams], [{ maxmem: 256, vcpus: 2, spindle_use: 3 }, { acpi: false }]);
});

test('only an instance without disks, or one that is not installed, needs no OS', () => {
  const diskless = { enabled_disk_templates: ['diskless', 'file'] as const };
  const code = (extra: object, cluster: object = {}) => {
    try {
      return wantedOf({ os_type: undefined, ...extra }, cluster).disks.length;
    } catch (error) {
      return GantryError.from(error).code;
    }
  };
  assert.equal(code({}), 'INPUT_INVALID');
  assert.equal(code({ no_install: true }), 1);
  assert.equal(code({ os_type: 'tiny' }), 1);
  assert.equal(code({}, diskless), 0);
  assert.equal(code({ disks: [] }, diskless), 0);
  assert.equal(code({ disks: [{ size: 1 }] }, diskless), 'DISKS_WITHOUT_TEMPLATE');
});

test('parameters of a hypervisor are those that it has, in the form that nodes know', () => {
  assert.deepEqual(readHvparams('kvm', { acpi: 'true' }), { acpi: true });
  assert.deepEqual(readHvparams('kvm', {}), {});
  assert.throws(() => readHvparams('kvm', { acpi: 'perhaps' }), { code: 'INPUT_INVALID' });
  assert.throws(() => readHvparams('lxc', {}), { code: 'INPUT_INVALID', message: /"lxc" is not supported/ });
  for (const vnc_bind_address of ['0.0.0.0', '192.0.2.1'])
    assert.throws(() => readHvparams('kvm', { vnc_bind_address }), { code: 'VNC_ADDRESS_REFUSED' });
  assert.deepEqual(readHvparams('kvm', { vnc_bind_address: '' }), { vnc_bind_address: '' });
});

test('an instance has its MACs, its addresses in networks, and its port for itself', () => {
  const nic = (mac: string, ip: string | null, network: string | null) => ({
    uuid: plainUuid(5, 0),
    name: null,
    mac,
    ip,
    network,
    nicparams: {},
  });
  const nics = [nic('m1', '10.0.0.1', 'n'), nic('m2', '10.0.0.2', null), nic('m3', null, 'n')];
  assert.deepEqual(claimsOf(plainInstance(0, 0, 1, { nics, network_port: 11_000 })), [
    { what: 'mac', value: 'm1' },
    { what: 'mac', value: 'm2' },
    { what: 'mac', value: 'm3' },
    { what: 'ip', value: 'n:10.0.0.1' },
    { what: 'port', value: '11000' },
  ]);
  assert.deepEqual(claimsOf(plainInstance(0, 0, 1)), []);
});
