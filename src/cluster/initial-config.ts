import type { Clock } from '../base/index.ts';
import {
  type Cluster,
  configVersion,
  defaultBeparams,
  defaultIpolicy,
  defaultNdparams,
  defaultNicparams,
  keys,
  type Node,
  type NodeGroup,
} from '../model/index.ts';
import type { Store, Write } from '../store/index.ts';

export interface InitialCluster {
  readonly clusterName: string;
  readonly nodeName: string;
  readonly address: string;
  readonly agentPort: number;
  readonly certificateFingerprint: string;
  readonly fileStorageDir: string;
  readonly sharedFileStorageDir: string;
  readonly macPrefix: string;
  readonly enabledHypervisors: Cluster['enabled_hypervisors'];
  readonly osHvp: Cluster['os_hvp'];
  readonly portRange: readonly [number, number];
}

/**
 * Writes the first configuration of a cluster: the cluster, the group `default`, the first node; all or nothing.
 * @returns whether it was written; false when the store has a cluster already
 */
export async function writeInitialConfig(store: Store, clock: Clock, newUuid: () => string, wanted: InitialCluster): Promise<boolean> {
  const now = clock.now() / 1000;
  const common = () => ({ uuid: newUuid(), ctime: now, mtime: now, serial_no: 1, tags: [] });
  const group: NodeGroup = { ...common(), name: 'default', alloc_policy: 'preferred', ipolicy: {}, ndparams: {}, diskparams: {} };
  const node = firstNode(common(), group.uuid, wanted);
  const cluster = firstCluster(common(), node.uuid, wanted);
  const put = (key: string, value: unknown): Write => ({
    type: 'put',
    key,
    value: typeof value === 'string' ? value : JSON.stringify(value),
  });
  const { committed } = await store.transact({
    compares: [{ key: keys.cluster, modRevision: 0 }],
    writes: [
      put(keys.cluster, cluster),
      put(keys.group(group.uuid), group),
      put(keys.name('group', group.name), group.uuid),
      put(keys.node(node.uuid), node),
      put(keys.name('node', node.name), node.uuid),
    ],
  });
  return committed;
}

type Common = Pick<Cluster, 'uuid' | 'ctime' | 'mtime' | 'serial_no' | 'tags'>;

function firstNode(common: Common, group: string, wanted: InitialCluster): Node {
  return {
    ...common,
    name: wanted.nodeName,
    primary_ip: wanted.address,
    secondary_ip: wanted.address,
    agent_port: wanted.agentPort,
    group,
    master_candidate: true,
    master_capable: true,
    vm_capable: true,
    offline: false,
    drained: false,
    powered: true,
    ndparams: {},
    certificate_fingerprint: wanted.certificateFingerprint,
  };
}

function firstCluster(common: Common, masterNode: string, wanted: InitialCluster): Cluster {
  return {
    ...common,
    cluster_name: wanted.clusterName,
    config_version: configVersion,
    master_node: masterNode,
    mac_prefix: wanted.macPrefix,
    enabled_hypervisors: wanted.enabledHypervisors,
    // Shared files first: what is created without a choice can then be migrated.
    enabled_disk_templates: ['sharedfile', 'file', 'diskless'],
    hvparams: {},
    os_hvp: wanted.osHvp,
    beparams: defaultBeparams,
    nicparams: defaultNicparams,
    ndparams: defaultNdparams,
    ipolicy: defaultIpolicy,
    diskparams: {},
    osparams: {},
    file_storage_dir: wanted.fileStorageDir,
    shared_file_storage_dir: wanted.sharedFileStorageDir,
    default_iallocator: 'hail',
    candidate_pool_size: 10,
    max_running_jobs: 20,
    port_range: [...wanted.portRange],
    drained: false,
  };
}
