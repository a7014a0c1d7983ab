import {
  builtHypervisors,
  builtInCollectors,
  type Cluster,
  ganetiHvDefaults,
  hypervisorRow,
  notUsedClusterParams,
  redactSealed,
} from '../model/index.ts';
import type { ConfigSnapshot } from '../store/index.ts';
import { allDiskparams } from './group-fields.ts';

/** The version of Ganeti's protocol and configuration that the replies follow. */
const ganetiVersion = 3_000_000;

/** Parameters of every hypervisor: Ganeti's defaults, over them the built-in ones, over them those of the cluster. */
function allHvparams(cluster: Cluster): Record<string, Record<string, unknown>> {
  const built = Object.fromEntries(builtHypervisors.map((name) => [name, hypervisorRow(name).defaults]));
  const names = new Set([...Object.keys(ganetiHvDefaults), ...Object.keys(built), ...Object.keys(cluster.hvparams)]);
  return Object.fromEntries([...names].map((name) => [name, { ...ganetiHvDefaults[name], ...built[name], ...cluster.hvparams[name] }]));
}

/** What Ganeti has and Gantry does not: fixed values that say "not used". */
const notUsed = {
  ...notUsedClusterParams,
  os_api_version: 20,
  export_version: 0,
  volume_group_name: null,
  drbd_usermode_helper: null,
  primary_ip_version: 4,
  modify_ssh_setup: false,
  ssh_key_type: 'rsa',
  ssh_key_bits: 2048,
};

/** The body of `/2/info`, with Ganeti's names. */
export function clusterInfo({ cluster, nodes }: ConfigSnapshot, version: string): Record<string, unknown> {
  return {
    ...notUsed,
    software_version: version,
    protocol_version: ganetiVersion,
    config_version: ganetiVersion,
    vcs_version: `(gantry) version ${version}`,
    architecture: ['64bits', process.arch === 'x64' ? 'x86_64' : process.arch],
    name: cluster.cluster_name,
    master: nodes.get(cluster.master_node)?.name ?? '',
    default_hypervisor: cluster.enabled_hypervisors[0],
    enabled_hypervisors: cluster.enabled_hypervisors,
    hvparams: allHvparams(cluster),
    os_hvp: cluster.os_hvp,
    beparams: { default: cluster.beparams },
    osparams: redactSealed(cluster.osparams),
    ipolicy: cluster.ipolicy,
    nicparams: { default: cluster.nicparams },
    ndparams: cluster.ndparams,
    diskparams: allDiskparams(cluster),
    candidate_pool_size: cluster.candidate_pool_size,
    max_running_jobs: cluster.max_running_jobs,
    mac_prefix: cluster.mac_prefix,
    file_storage_dir: cluster.file_storage_dir,
    shared_file_storage_dir: cluster.shared_file_storage_dir,
    ctime: cluster.ctime,
    mtime: cluster.mtime,
    uuid: cluster.uuid,
    tags: cluster.tags,
    default_iallocator: cluster.default_iallocator,
    enabled_disk_templates: cluster.enabled_disk_templates,
    // All that agents have by themselves, and plugins of which something is set.
    enabled_data_collectors: collectorSettings(cluster, 'active', () => true),
    data_collector_interval: collectorSettings(cluster, 'interval', (seconds) => seconds * 1e6),
    diagnose_data_collector_filename: cluster.data_collectors?.['node-health']?.command ?? '',
    // Not of Ganeti: the text of the cluster's location file.
    location: cluster.location ?? '',
  };
}

function collectorSettings(
  { data_collectors: set = {} }: Cluster,
  key: 'active' | 'interval',
  unset: (seconds: number) => unknown,
): Record<string, unknown> {
  const values = Object.entries(builtInCollectors).map(([name, seconds]): [string, unknown] => [name, unset(seconds)]);
  for (const [name, { [key]: value }] of Object.entries(set)) if (value !== undefined) values.push([name, value]);
  return Object.fromEntries(values);
}
