import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSamples } from '../../base/index.ts';
import { calmRun, createTestHost } from '../testing/test-host.ts';
import { isOn, kvmResources } from './kvm-resources.ts';

type Data = Parameters<typeof kvmResources.measure>[0];

test('what the node has, and what runs on it', () => {
  using host = createTestHost({
    '/dev/kvm': '',
    '/sys/module/kvm_amd/parameters/nested': '1\n',
    '/proc/meminfo': 'MemTotal:       2048 kB\nMemFree: 1 kB\n',
    '/proc/stat': 'cpu  1 2 3 4\ncpu0 1 2 3 4\ncpu1 1 2 3 4\nintr 5\n',
  });
  host.instances = [
    { name: 'a', hypervisor: 'kvm', pid: 1, memory: 512, vcpus: 2, interfaces: [] },
    { name: 'b', hypervisor: 'kvm', pid: 2, memory: 256, vcpus: 1, interfaces: [] },
    { name: 'off', hypervisor: 'kvm', memory: 256, vcpus: 1, interfaces: [] },
    { name: 'c', hypervisor: 'docker', pid: 3, interfaces: [] },
  ];
  const collect = host.begin(kvmResources);
  const data = collect(calmRun) as Data;
  assert.deepEqual(data, {
    device: true,
    nested: true,
    cores: 2,
    memory: 2 * 1024 * 1024,
    instances: 2,
    assignedCores: 3,
    assignedMemory: 768 * 1024 * 1024,
  });
  assert.equal(formatSamples(kvmResources, data)[0]?.text, 'gantry_kvm_device_present 1\n');
  assert.equal(formatSamples(kvmResources, data).at(-1)?.text, 'gantry_kvm_assigned_memory_bytes 805306368\n');
  host.vanish('/dev');
  host.write('/proc/meminfo', 'garbage');
  host.write('/proc/stat', '');
  host.vanish('/sys/module/kvm_amd/parameters/nested');
  const less = collect(calmRun) as Data;
  assert.deepEqual([less.device, less.nested, less.memory, less.cores], [false, false, 0, 0]);
  host.vanish('/proc/meminfo');
  assert.throws(() => collect(calmRun), /ENOENT/);
});

test('parameters of modules', () => {
  assert.deepEqual(['Y\n', '1\n', 'N\n', '0\n', '', undefined].map(isOn), [true, true, false, false, false, false]);
});
