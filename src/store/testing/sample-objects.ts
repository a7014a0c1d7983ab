import {
  type Cluster,
  configVersion,
  defaultBeparams,
  defaultIpolicy,
  defaultNdparams,
  defaultNicparams,
  type Instance,
  type Node,
  type NodeGroup,
} from '../../model/index.ts';

/** Valid objects for tests and benchmarks; the same number gives the same object. */
export function sampleUuid(folder: number, number: number): string {
  return `00000000-0000-4000-8${String(folder).padStart(3, '0')}-${number.toString(16).padStart(12, '0')}`;
}

const common = { ctime: 1_700_000_000, mtime: 1_700_000_000, serial_no: 1, tags: [] };

export const sampleGroup: NodeGroup = {
  ...common,
  uuid: sampleUuid(1, 0),
  name: 'default',
  alloc_policy: 'preferred',
  ipolicy: {},
  ndparams: {},
  diskparams: {},
};

export const sampleCluster: Cluster = {
  ...common,
  uuid: sampleUuid(0, 0),
  cluster_name: 'cluster.example.com',
  config_version: configVersion,
  master_node: sampleUuid(2, 0),
  mac_prefix: 'aa:00:00',
  enabled_hypervisors: ['kvm'],
  enabled_disk_templates: ['file', 'diskless'],
  hvparams: {},
  os_hvp: {},
  beparams: defaultBeparams,
  nicparams: defaultNicparams,
  ndparams: defaultNdparams,
  ipolicy: defaultIpolicy,
  diskparams: {},
  osparams: {},
  file_storage_dir: '/srv/gantry/file',
  shared_file_storage_dir: '/srv/gantry/shared',
  default_iallocator: 'hail',
  candidate_pool_size: 10,
  max_running_jobs: 20,
  port_range: [11000, 14999],
  drained: false,
};

export function sampleNode(number: number): Node {
  return {
    ...common,
    uuid: sampleUuid(2, number),
    name: `node${number}.example.com`,
    primary_ip: `10.0.${number >> 8}.${number & 255}`,
    secondary_ip: `10.1.${number >> 8}.${number & 255}`,
    agent_port: 1811,
    group: sampleGroup.uuid,
    master_candidate: number < 10,
    master_capable: true,
    vm_capable: true,
    offline: false,
    drained: false,
    powered: true,
    ndparams: {},
    certificate_fingerprint: number.toString(16).padStart(64, '0'),
  };
}

export function sampleMac(number: number): string {
  return `aa:00:00:${[16, 8, 0].map((shift) => ((number >> shift) & 255).toString(16).padStart(2, '0')).join(':')}`;
}

/** An instance with one disk and one NIC on one of `nodes` nodes, about 1 KB as JSON. */
export function sampleInstance(number: number, nodes = 1): Instance {
  const uuid = sampleUuid(3, number);
  return {
    ...common,
    uuid,
    name: `instance${number}.example.com`,
    primary_node: sampleUuid(2, number % nodes),
    secondary_nodes: [],
    os: 'image+debian-12',
    hypervisor: 'kvm',
    hvparams: { boot_order: 'disk' },
    beparams: { maxmem: 1024, minmem: 1024, vcpus: 2 },
    osparams: {},
    admin_state: 'up',
    admin_state_source: 'admin',
    disk_template: 'file',
    disks: [
      {
        uuid: sampleUuid(4, number),
        name: null,
        dev_type: 'file',
        size: 10_240,
        mode: 'rw',
        format: 'qcow2',
        logical_id: ['file', `/srv/gantry/file/${uuid}/disk0`],
        params: {},
      },
    ],
    nics: [{ uuid: sampleUuid(5, number), name: null, mac: sampleMac(number), ip: null, network: null, nicparams: {} }],
    disks_active: true,
    network_port: 11_000 + number,
    forthcoming: false,
  };
}
