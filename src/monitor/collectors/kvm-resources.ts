import type { Collector } from '../collector/collector.ts';
import { requireInstances } from '../collector/instance-source.ts';

/** What this node has for KVM, and what its running instances were given of it. */
interface KvmResources {
  /** Whether `/dev/kvm` is there. Whether KVM works, only QEMU knows: `inst-guest-kvm` tells of each guest. */
  readonly device: boolean;
  /** Whether instances may run KVM themselves. */
  readonly nested: boolean;
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  readonly instances: number;
  readonly assignedCores: number;
  /** Bytes. */
  readonly assignedMemory: number;
}

/** Reads a module's parameter, `Y` or `1` where it is on. */
export const isOn = (text: string | undefined): boolean => /^[Y1]/.test(text ?? '');

export const kvmResources: Collector<KvmResources> = {
  name: 'kvm-resources',
  category: 'hypervisor',
  kind: 'performance',
  version: 'B',
  formatVersion: 1,
  help: 'Cores and memory of the node, and how much of them its running KVM instances were given.',
  interval: 15,
  timeout: 2,
  longestInterval: 60,
  metrics: [
    {
      name: 'gantry_kvm_device_present',
      type: 'gauge',
      help: 'Whether /dev/kvm exists; gantry_guest_accelerated says which guests use it.',
    },
    { name: 'gantry_kvm_instances', type: 'gauge', help: 'Running instances.' },
    { name: 'gantry_kvm_assigned_cores', type: 'gauge', help: 'Cores given to running instances.' },
    { name: 'gantry_kvm_assigned_memory_bytes', type: 'gauge', unit: 'bytes', help: 'Memory given to running instances.' },
  ],
  measure: ({ device, instances, assignedCores, assignedMemory }, emit) => {
    emit('gantry_kvm_device_present', device ? 1 : 0);
    emit('gantry_kvm_instances', instances);
    emit('gantry_kvm_assigned_cores', assignedCores);
    emit('gantry_kvm_assigned_memory_bytes', assignedMemory);
  },
  start:
    ({ files, instances }) =>
    () => {
      const running = requireInstances(instances).filter(({ hypervisor, pid }) => hypervisor === 'kvm' && pid !== undefined);
      const nested = ['kvm_intel', 'kvm_amd'].some((name) => isOn(files.readIfThere(`/sys/module/${name}/parameters/nested`)));
      const kibibytes = /^MemTotal: +(\d+) kB$/m.exec(files.read('/proc/meminfo'))?.[1] ?? 0;
      const sum = (key: 'memory' | 'vcpus') => running.reduce((total, one) => total + (one[key] ?? 0), 0);
      return {
        device: files.list('/dev').includes('kvm'),
        nested,
        cores: files.read('/proc/stat').match(/^cpu\d/gm)?.length ?? 0,
        memory: Number(kibibytes) * 1024,
        instances: running.length,
        assignedCores: sum('vcpus'),
        assignedMemory: sum('memory') * 1024 * 1024,
      };
    },
};
