import { formatIpv4 } from '../../base/index.ts';
import {
  type Cluster,
  configVersion,
  defaultBeparams,
  defaultIpolicy,
  defaultNdparams,
  defaultNicparams,
  type Instance,
  type Network,
  type Node,
  type NodeGroup,
} from '../../model/index.ts';
import type { Collection, ConfigSnapshot } from '../../store/index.ts';
import type { LiveState } from '../live-state.ts';

export interface PlainObjects {
  readonly cluster?: Partial<Cluster>;
  readonly groups?: readonly NodeGroup[];
  readonly networks?: readonly Network[];
  readonly nodes: readonly Node[];
  readonly instances: readonly Instance[];
  /** Owners of MACs, ports and addresses, by what and value: `mac aa:00:00:00:00:01`. */
  readonly claims?: Readonly<Record<string, string>>;
}

/** The number-th UUID of a kind. */
export const plainUuid = (kind: number, number: number): string =>
  `00000000-0000-4000-8${String(kind).padStart(3, '0')}-${String(number).padStart(12, '0')}`;

const common = { ctime: 1_700_000_000, mtime: 1_700_000_000, serial_no: 1, tags: [] };

export const plainGroup = (number: number, more: Partial<NodeGroup> = {}): NodeGroup => ({
  ...common,
  uuid: plainUuid(1, number),
  name: `group${number}`,
  alloc_policy: 'preferred',
  ipolicy: {},
  ndparams: {},
  diskparams: {},
  ...more,
});

export const plainNode = (number: number, more: Partial<Node> = {}): Node => ({
  ...common,
  uuid: plainUuid(2, number),
  name: `node${number}`,
  primary_ip: formatIpv4(0xc0000201 + number),
  secondary_ip: formatIpv4(0xc0000201 + number),
  agent_port: 1811,
  group: plainUuid(1, 0),
  master_candidate: true,
  master_capable: true,
  vm_capable: true,
  offline: false,
  drained: false,
  powered: true,
  ndparams: {},
  certificate_fingerprint: '0'.repeat(64),
  ...more,
});

/** An instance with a disk of `size` MiB and no NIC. */
export const plainInstance = (number: number, node: number, size: number, more: Partial<Instance> = {}): Instance => ({
  ...common,
  uuid: plainUuid(3, number),
  name: `instance${number}`,
  primary_node: plainUuid(2, node),
  secondary_nodes: [],
  os: '',
  hypervisor: 'kvm',
  hvparams: {},
  beparams: {},
  osparams: {},
  admin_state: 'up',
  admin_state_source: 'admin',
  disk_template: 'file',
  disks: [{ uuid: plainUuid(4, number), name: null, dev_type: 'file', size, mode: 'rw', format: 'raw', logical_id: [], params: {} }],
  nics: [],
  disks_active: true,
  network_port: null,
  forthcoming: false,
  ...more,
});

/** A network 10.0.0.0/28 with the gateway 10.0.0.1, connected nowhere. */
export const plainNetwork = (number: number, more: Partial<Network> = {}): Network => ({
  ...common,
  uuid: plainUuid(6, number),
  name: `network${number}`,
  network: '10.0.0.0/28',
  gateway: '10.0.0.1',
  network6: null,
  gateway6: null,
  mac_prefix: null,
  external_reservations: [],
  groups: {},
  ...more,
});

const cluster: Cluster = {
  ...common,
  uuid: plainUuid(0, 0),
  cluster_name: 'cluster.example.com',
  config_version: configVersion,
  master_node: plainUuid(2, 0),
  mac_prefix: 'aa:00:00',
  enabled_hypervisors: ['kvm'],
  enabled_disk_templates: ['file', 'sharedfile'],
  hvparams: {},
  os_hvp: {},
  beparams: defaultBeparams,
  nicparams: defaultNicparams,
  ndparams: defaultNdparams,
  ipolicy: defaultIpolicy,
  diskparams: {},
  osparams: {},
  file_storage_dir: '/srv/file',
  shared_file_storage_dir: '/srv/shared',
  default_iallocator: 'hail',
  candidate_pool_size: 10,
  max_running_jobs: 20,
  port_range: [11000, 11999],
  drained: false,
};

/** A configuration of these objects, without a store. */
export function plainConfig(objects: PlainObjects, revision = 1): ConfigSnapshot {
  const { groups = [plainGroup(0)], networks = [], nodes, instances, claims = {} } = objects;
  return {
    revision,
    cluster: objects.cluster ? { ...cluster, ...objects.cluster } : cluster,
    groups: collection(groups),
    networks: collection(networks),
    nodes: collection(nodes),
    instances: collection(instances),
    claim: (what, value) => claims[`${what} ${value}`],
    instancesOf: (uuid) => ({
      primary: instances.filter(({ primary_node }) => primary_node === uuid),
      secondary: instances.filter(({ secondary_nodes }) => secondary_nodes.includes(uuid)),
      arriving: instances.filter(({ moving_to }) => moving_to === uuid),
    }),
  };
}

function collection<T extends { readonly uuid: string; readonly name: string }>(objects: readonly T[]): Collection<T> {
  const byUuid = new Map(objects.map((object) => [object.uuid, object]));
  return {
    size: byUuid.size,
    // As the map of a real configuration, it fails with what is no text.
    get: (uuid) => byUuid.get(uuid.toLowerCase()),
    find: (name) => byUuid.get(name) ?? objects.find((object) => object.name.toLowerCase() === name.toLowerCase()),
    values: () => byUuid.values(),
  };
}

type Info = NonNullable<ReturnType<LiveState['node']>>['info'];

/** What every node reports when it reports nothing else: 16 GiB, of which 1 is its own, 1 TiB of disk, 16 processors. */
const usual: Info = {
  name: '',
  version: '',
  boot_id: '',
  memory_total: 16 * 1024,
  memory_free: 0,
  memory_dom0: 1024,
  disk_total: 1_048_576,
  disk_free: 1_048_576,
  cpu_total: 16,
  cpu_nodes: 1,
  cpu_sockets: 1,
  hypervisors: { kvm: { version: '', accelerator: null, problem: null } },
  disk_templates: ['file', 'sharedfile', 'diskless'],
};

/** Reports of the nodes, all as usual but for `changed` by UUID (null: it does not answer), of the time 2 000 000 000. */
export function plainLive(changed: Record<string, Partial<Info> | null> = {}): LiveState & { version: number } {
  return {
    version: 1,
    node: (uuid) => ({ info: { ...usual, ...changed[uuid] }, at: 2e12, stale: changed[uuid] === null }),
    instance: () => undefined,
    refresh: async () => undefined,
  };
}
