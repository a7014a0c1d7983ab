import { type TSchema, Type } from 'typebox';
import {
  builtHypervisors,
  builtInCollectors,
  Cluster,
  ganetiHvDefaults,
  HypervisorName,
  hypervisorRow,
  notUsedClusterParams,
  redactSealed,
} from '../../model/index.ts';
import { commonFields } from '../fields/common-fields.ts';
import { type Field, fieldsOf } from '../fields/field.ts';
import { always, listOf, other, Parameters } from '../fields/value-types.ts';
import { AllDiskparams, allDiskparams } from './group-kind.ts';
import { defineKind } from './kind.ts';

const { stored, computed } = fieldsOf<Cluster>();

/** The version of Ganeti's protocol and configuration that the replies follow. */
const ganetiVersion = 3_000_000;

const ByName = Type.Record(Type.String(), Parameters);
const Default = <S extends TSchema>(schema: S) => Type.Object({ default: schema });

/** Parameters of every hypervisor: Ganeti's defaults, over them the built-in ones, over them those of the cluster. */
function allHvparams(cluster: Cluster): Record<string, Record<string, unknown>> {
  const built = Object.fromEntries(builtHypervisors.map((name) => [name, hypervisorRow(name).defaults]));
  const hypervisors = new Set([...Object.keys(ganetiHvDefaults), ...Object.keys(built), ...Object.keys(cluster.hvparams)]);
  return Object.fromEntries(
    [...hypervisors].map((name) => [name, { ...ganetiHvDefaults[name], ...built[name], ...cluster.hvparams[name] }]),
  );
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

function schemaOfConstant(value: unknown): TSchema {
  if (Array.isArray(value)) return Type.Array(Type.String());
  if (value === null) return Type.Null();
  if (typeof value === 'object') return Parameters;
  return typeof value === 'number' ? Type.Integer() : typeof value === 'boolean' ? Type.Boolean() : Type.String();
}

const unused = Object.entries(notUsed).map(([name, value]) => stored(name, name, other(schemaOfConstant(value)), 'Not used', () => value));

function collectorSettings<Value extends boolean | number>(
  { data_collectors: set = {} }: Cluster,
  key: 'active' | 'interval',
  unset: (seconds: number) => Value,
): Record<string, Value> {
  const values = Object.entries(builtInCollectors).map(([name, seconds]): [string, Value] => [name, unset(seconds)]);
  for (const [name, { [key]: value }] of Object.entries(set)) if (value !== undefined) values.push([name, value as Value]);
  return Object.fromEntries(values);
}

const identity: Field<Cluster>[] = [
  stored(
    'protocol_version',
    'ProtocolVersion',
    always('number'),
    'Version of the protocol of Ganeti that replies follow',
    () => ganetiVersion,
  ),
  stored('config_version', 'ConfigVersion', always('number'), 'The same, of the configuration', () => ganetiVersion),
  stored('architecture', 'Architecture', listOf(Type.String()), 'Of the computer that answers', () => [
    '64bits',
    process.arch === 'x64' ? 'x86_64' : process.arch,
  ]),
  stored('name', 'Name', always('text'), 'Name of the cluster', (c) => c.cluster_name),
  computed('master', 'Master', always('text'), 'Name of the master node', (c, { config }) => config.nodes.get(c.master_node)?.name ?? ''),
];

const parameters: Field<Cluster>[] = [
  stored('default_hypervisor', 'DefaultHypervisor', always('text'), 'The first of the enabled ones', (c) => c.enabled_hypervisors[0] ?? ''),
  stored('enabled_hypervisors', 'EnabledHypervisors', listOf(HypervisorName), 'Hypervisors in use', (c) => c.enabled_hypervisors),
  stored('hvparams', 'HypervisorParameters', other(ByName), 'Parameters of every hypervisor with all defaults', allHvparams),
  stored('os_hvp', 'OsHypervisorParameters', other(Cluster.properties.os_hvp), 'Hypervisor parameters of an OS', (c) => c.os_hvp),
  stored('beparams', 'BackendParameters', other(Default(Cluster.properties.beparams)), 'Backend parameters', (c) => ({
    default: c.beparams,
  })),
  stored('osparams', 'OsParameters', other(Cluster.properties.osparams), 'Parameters of an OS', (c) => redactSealed(c.osparams)),
  stored('ipolicy', 'InstancePolicy', other(Cluster.properties.ipolicy), 'Instance policy', (c) => c.ipolicy),
  stored('nicparams', 'NicParameters', other(Default(Cluster.properties.nicparams)), 'NIC parameters', (c) => ({ default: c.nicparams })),
  stored('ndparams', 'NodeParameters', other(Cluster.properties.ndparams), 'Node parameters', (c) => c.ndparams),
  stored('diskparams', 'DiskParameters', other(AllDiskparams), 'Disk parameters with all defaults, by disk template', (c) =>
    allDiskparams(c),
  ),
  stored('candidate_pool_size', 'CandidatePoolSize', always('number'), 'Wanted number of master candidates', (c) => c.candidate_pool_size),
  stored('max_running_jobs', 'MaxRunningJobs', always('number'), 'Jobs that may run at the same time', (c) => c.max_running_jobs),
  stored('mac_prefix', 'MacPrefix', always('text'), 'First half of new MAC addresses', (c) => c.mac_prefix),
  stored('file_storage_dir', 'FileStorageDir', always('text'), 'Folder of disks in files', (c) => c.file_storage_dir),
  stored(
    'shared_file_storage_dir',
    'SharedFileStorageDir',
    always('text'),
    'Folder of disks in files that all nodes share',
    (c) => c.shared_file_storage_dir,
  ),
];

const settings: Field<Cluster>[] = [
  stored('default_iallocator', 'DefaultIAllocator', always('text'), 'Who chooses nodes', (c) => c.default_iallocator),
  stored(
    'enabled_disk_templates',
    'EnabledDiskTemplates',
    other(Cluster.properties.enabled_disk_templates),
    'Disk templates in use',
    (c) => c.enabled_disk_templates,
  ),
  stored(
    'enabled_data_collectors',
    'EnabledDataCollectors',
    other(Type.Record(Type.String(), Type.Boolean())),
    'Whether each collector is active: all that come with the agent, and plugins with a setting',
    (c) => collectorSettings<boolean>(c, 'active', () => true),
  ),
  stored(
    'data_collector_interval',
    'DataCollectorInterval',
    other(Type.Record(Type.String(), Type.Number())),
    'Microseconds between two collections; of a plugin, what was set',
    (c) => collectorSettings<number>(c, 'interval', (seconds) => seconds * 1e6),
  ),
  stored(
    'diagnose_data_collector_filename',
    'DiagnoseDataCollectorFilename',
    always('text'),
    'Program of the collector "node-health"',
    (c) => c.data_collectors?.['node-health']?.command ?? '',
  ),
  // Not of Ganeti.
  stored('location', 'Location', always('text'), "Text of the cluster's location file, or empty", (c) => c.location ?? ''),
];

/** The cluster itself, the only one of its kind; `/2/info` shows it. */
export const clusterKind = defineKind<Cluster>({
  name: 'cluster',
  fields: [...unused, ...identity, ...parameters, ...commonFields('Cluster').filter(({ name }) => name !== 'serial_no'), ...settings],
  items: ({ config }) => [config.cluster],
});
