import type { DiskSpec, InstanceSpec, NicSpec } from '../../rpc/index.ts';

/** For tests: a disk of 64 MiB. */
export const testDisk = (uuid: string, fields: Partial<DiskSpec> = {}): DiskSpec => ({
  uuid,
  dev_type: 'sharedfile',
  size: 64,
  mode: 'rw',
  format: 'raw',
  logical_id: [],
  params: {},
  ...fields,
});

/** For tests: an instance of the fake hypervisor with one disk and one NIC. */
export const testInstance = (uuid = 'i1', fields: Partial<InstanceSpec> = {}): InstanceSpec => ({
  uuid,
  name: `name-of-${uuid}`,
  hypervisor: 'fake',
  os: 'tiny',
  memory: 128,
  min_memory: 128,
  vcpus: 1,
  hvparams: {},
  osparams: {},
  disk_template: 'sharedfile',
  disks: [testDisk(`disk-of-${uuid}`)],
  nics: [testNic(`nic-of-${uuid}`)],
  network_port: null,
  ...fields,
});

const testNic = (uuid: string): NicSpec => ({
  uuid,
  mac: 'aa:00:00:00:00:01',
  ip: null,
  nicparams: { mode: 'bridged', link: 'br0', vlan: '' },
  network: null,
});
