import { Type } from 'typebox';
import {
  Beparams,
  BeparamsPartial,
  type Disk,
  diskSpaceOf,
  fillBeparams,
  fillHvparams,
  fillNicparams,
  hypervisorRow,
  Instance,
  Nic,
  redactSealed,
} from '../model/index.ts';
import { ConsoleResult, describeConsole } from './describe-console.ts';
import { commonFields, type Field, field } from './field.ts';
import { always, type FieldKind, listOf, names, namesOrNull, nullable, other, Parameters } from './field-kinds.ts';
import { ganetiHvFields, migrationOnlyHvparams } from './ganeti-hv-fields.ts';
import { instanceStatuses, liveInstance } from './live-instance.ts';
import type { View } from './view.ts';

const maxDisks = 16;
const maxNics = 8;
type InstanceField = Field<Instance>;

const osValues = Type.Record(Type.String(), Type.String());

/** All hypervisor parameters of an instance, without those that only matter to a migration. */
export function instanceHvparams(instance: Instance, { config }: View): Record<string, unknown> {
  if (!hypervisorRow(instance.hypervisor).built) return { ...instance.hvparams };
  const filled = fillHvparams(config.cluster, instance.hypervisor, instance.os, instance.hvparams);
  return Object.fromEntries(Object.entries(filled).filter(([name]) => !migrationOnlyHvparams.includes(name)));
}

const nodeName = (uuid: string, { config }: View) => config.nodes.get(uuid)?.name;
const groupOf = (nodeUuid: string, { config }: View) => config.groups.get(config.nodes.get(nodeUuid)?.group ?? '');
const defined = <T>(values: (T | undefined)[]): T[] => values.filter((value) => value !== undefined);
const networkName = (nic: Nic, { config }: View) => (nic.network === null ? null : (config.networks.get(nic.network)?.name ?? null));
const nicparams = (nic: Nic, { config }: View) => fillNicparams(config.cluster, nic);
const bridge = (nic: Nic, view: View) => {
  const { mode, link } = nicparams(nic, view);
  return mode === 'bridged' ? link : null;
};
/** By Ganeti's rule private parameters are no part of this. */
const osparams = (instance: Instance, { config }: View) => {
  const [base = ''] = instance.os.split('+');
  return redactSealed({ ...config.cluster.osparams[base], ...config.cluster.osparams[instance.os], ...instance.osparams });
};
const privateOsparams = ({ os, osparams_private: own }: Instance, { config }: View) => {
  const [base = ''] = os.split('+');
  const all = config.cluster.osparams_private_cluster ?? {};
  return redactSealed({ ...all[base], ...all[os], ...own });
};

/** MiB on each of its nodes. */
function diskUsage(instance: Instance): number {
  return instance.disks.reduce((sum, { dev_type, size }) => sum + diskSpaceOf(dev_type, size), 0);
}

const identity: InstanceField[] = [
  field('name', 'Instance', always('text'), 'Instance name', (i) => i.name, 'hostname'),
  field(
    'admin_state',
    'InstanceState',
    always('text', Instance.properties.admin_state),
    'What the instance should do: up, down or offline',
    (i) => i.admin_state,
  ),
  field(
    'admin_state_source',
    'InstanceStateSource',
    always('text', Instance.properties.admin_state_source),
    'Who said so last',
    (i) => i.admin_state_source,
  ),
  field('admin_up', 'Autostart', always('bool'), 'Whether the instance should run', (i) => i.admin_state === 'up'),
  field('disks_active', 'DisksActive', always('bool'), 'Whether its disks should be active', (i) => i.disks_active),
  field('hypervisor', 'Hypervisor', always('text', Instance.properties.hypervisor), 'Hypervisor', (i) => i.hypervisor),
  field(
    'network_port',
    'Network_port',
    other(Instance.properties.network_port),
    'TCP port of its console, where it has one',
    (i) => i.network_port,
  ),
  field('os', 'OS', always('text'), 'Operating system', (i) => i.os),
  field('forthcoming', 'Forthcoming', always('bool'), 'Whether only its room is reserved', (i) => i.forthcoming),
];

const places: InstanceField[] = [
  field('pnode', 'Primary_node', 'text', 'Primary node', (i, view) => nodeName(i.primary_node, view), 'hostname'),
  field('pnode.group', 'PrimaryNodeGroup', 'text', 'Group of the primary node', (i, view) => groupOf(i.primary_node, view)?.name),
  field('pnode.group.uuid', 'PrimaryNodeGroupUUID', 'text', 'UUID of that group', (i, view) => groupOf(i.primary_node, view)?.uuid),
  field('snodes', 'Secondary_Nodes', names, 'Secondary nodes', (i, view) => defined(i.secondary_nodes.map((one) => nodeName(one, view)))),
  field('snodes.group', 'SecondaryNodesGroups', names, 'Groups of the secondary nodes', (i, view) =>
    defined(i.secondary_nodes.map((one) => groupOf(one, view)?.name)),
  ),
  field('snodes.group.uuid', 'SecondaryNodesGroupsUUID', names, 'UUIDs of those groups', (i, view) =>
    defined(i.secondary_nodes.map((one) => groupOf(one, view)?.uuid)),
  ),
];

const parameters: InstanceField[] = [
  field('hvparams', 'HypervisorParameters', other(Parameters), 'Hypervisor parameters with all defaults', instanceHvparams),
  field('beparams', 'BackendParameters', other(Beparams), 'Backend parameters with all defaults', (i, { config }) =>
    fillBeparams(config.cluster, i),
  ),
  field('osparams', 'OpSysParameters', other(osValues), 'OS parameters with all defaults', osparams),
  field('custom_hvparams', 'CustomHypervisorParameters', other(Parameters), 'Hypervisor parameters of its own', (i) => i.hvparams),
  field('custom_beparams', 'CustomBackendParameters', other(BeparamsPartial), 'Backend parameters of its own', (i) => i.beparams),
  field('custom_osparams', 'CustomOpSysParameters', other(osValues), 'OS parameters of its own', (i) => redactSealed(i.osparams)),
  field(
    'osparams_private',
    'PrivateOpSysParameters',
    other(osValues),
    'Names of its private OS parameters, without their values',
    privateOsparams,
  ),
  field('custom_nicparams', 'CustomNicParameters', listOf(Nic.properties.nicparams), 'NIC parameters of its own', (i) =>
    i.nics.map((nic) => nic.nicparams),
  ),
];

const beFields: [name: string, param: string, title: string, kind: FieldKind][] = [
  ['be/always_failover', 'always_failover', 'be/always_failover', 'bool'],
  ['be/auto_balance', 'auto_balance', 'Auto_balance', 'bool'],
  ['be/maxmem', 'maxmem', 'ConfigMaxMem', 'unit'],
  ['be/memory', 'maxmem', 'ConfigMaxMem', 'unit'],
  ['be/minmem', 'minmem', 'ConfigMinMem', 'unit'],
  ['be/spindle_use', 'spindle_use', 'be/spindle_use', 'number'],
  ['be/vcpus', 'vcpus', 'ConfigVCPUs', 'number'],
  ['vcpus', 'vcpus', 'ConfigVCPUs', 'number'],
];

const parameterFields: InstanceField[] = [
  ...beFields.map(
    ([name, param, title, kind]): InstanceField =>
      field(name, title, kind, `The backend parameter "${param}"`, (i, { config }) => fillBeparams(config.cluster, i)[param as 'vcpus']),
  ),
  ...ganetiHvFields().map(
    ([param, title, kind]): InstanceField =>
      field(`hv/${param}`, title, kind, `The hypervisor parameter "${param}"`, (i, view) => instanceHvparams(i, view)[param] ?? null),
  ),
];

const disks: InstanceField[] = [
  field('disk_usage', 'DiskUsage', always('unit'), 'Space its disks take on each of its nodes', diskUsage),
  field(
    'disk_template',
    'Disk_template',
    always('text', Instance.properties.disk_template),
    'How its disks are stored',
    (i) => i.disk_template,
  ),
  field('disk.count', 'Disks', always('number'), 'Number of disks', (i) => i.disks.length),
  field('disk.sizes', 'Disk_sizes', listOf(Type.Integer()), 'Sizes of the disks', (i) => i.disks.map((disk) => disk.size)),
  field('disk.spindles', 'Disk_spindles', listOf(Type.Null()), 'Spindles of the disks', (i) => i.disks.map(() => null)),
  field('disk.names', 'Disk_names', namesOrNull, 'Names of the disks', (i) => i.disks.map((disk) => disk.name)),
  field('disk.uuids', 'Disk_UUIDs', names, 'UUIDs of the disks', (i) => i.disks.map((disk) => disk.uuid)),
];

const nics: InstanceField[] = [
  field('nic.count', 'NICs', always('number'), 'Number of NICs', (i) => i.nics.length),
  field('nic.macs', 'NIC_MACs', names, 'MAC addresses of the NICs', (i) => i.nics.map((nic) => nic.mac)),
  field('nic.ips', 'NIC_IPs', namesOrNull, 'IP addresses of the NICs', (i) => i.nics.map((nic) => nic.ip)),
  field('nic.names', 'NIC_Names', namesOrNull, 'Names of the NICs', (i) => i.nics.map((nic) => nic.name)),
  field('nic.uuids', 'NIC_UUIDs', names, 'UUIDs of the NICs', (i) => i.nics.map((nic) => nic.uuid)),
  field('nic.modes', 'NIC_modes', names, 'Modes of the NICs', (i, view) => i.nics.map((nic) => nicparams(nic, view).mode)),
  field('nic.links', 'NIC_links', names, 'Links of the NICs', (i, view) => i.nics.map((nic) => nicparams(nic, view).link)),
  field('nic.vlans', 'NIC_VLANs', namesOrNull, 'VLANs of the NICs', (i, view) => i.nics.map((nic) => nicparams(nic, view).vlan || null)),
  field('nic.bridges', 'NIC_bridges', namesOrNull, 'Bridges of the NICs', (i, view) => i.nics.map((nic) => bridge(nic, view))),
  field('nic.networks', 'NIC_networks', namesOrNull, 'UUIDs of the networks of the NICs', (i) => i.nics.map((nic) => nic.network)),
  field('nic.networks.names', 'NIC_networks_names', namesOrNull, 'Names of the networks of the NICs', (i, view) =>
    i.nics.map((nic) => networkName(nic, view)),
  ),
];

/** A value of the n-th part; not available where there are fewer parts. */
function ofPart<Part>(parts: (instance: Instance) => readonly Part[], index: number, get: (part: Part, view: View) => unknown) {
  return (instance: Instance, view: View): unknown => {
    const part = parts(instance)[index];
    return part === undefined ? null : get(part, view);
  };
}

const numbered = ([name, title]: readonly [string, string], index: number) => [`${name}/${index}`, `${title}/${index}`] as const;

const diskParts: [names: [string, string], kind: FieldKind, what: string, get: (disk: Disk) => unknown][] = [
  [['disk.size', 'Disk'], 'unit', 'Size', (disk) => disk.size],
  [['disk.spindles', 'DiskSpindles'], 'number', 'Spindles', () => null],
  [['disk.name', 'DiskName'], 'text', 'Name', (disk) => disk.name],
  [['disk.uuid', 'DiskUUID'], 'text', 'UUID', (disk) => disk.uuid],
];

const nicParts: [names: [string, string], what: string, get: (nic: Nic, view: View) => unknown][] = [
  [['nic.ip', 'NicIP'], 'IP address', (nic) => nic.ip],
  [['nic.uuid', 'NicUUID'], 'UUID', (nic) => nic.uuid],
  [['nic.mac', 'NicMAC'], 'MAC address', (nic) => nic.mac],
  [['nic.name', 'NicName'], 'Name', (nic) => nic.name],
  [['nic.network', 'NicNetwork'], 'UUID of the network', (nic) => nic.network],
  [['nic.network.name', 'NicNetworkName'], 'Name of the network', networkName],
  [['nic.mode', 'NicMode'], 'Mode', (nic, view) => nicparams(nic, view).mode],
  [['nic.link', 'NicLink'], 'Link', (nic, view) => nicparams(nic, view).link],
  [['nic.vlan', 'NicVLAN'], 'VLAN', (nic, view) => nicparams(nic, view).vlan || null],
  [['nic.bridge', 'NicBridge'], 'Bridge', bridge],
];

const numberedFields: InstanceField[] = [
  ...Array.from({ length: maxDisks }, (_, index) =>
    diskParts.map(([names, kind, what, get]): InstanceField => {
      const [name, title] = numbered(names, index);
      return field(
        name,
        title,
        kind,
        `${what} of disk ${index}`,
        ofPart((i) => i.disks, index, get),
      );
    }),
  ),
  ...Array.from({ length: maxNics }, (_, index) =>
    nicParts.map(([names, what, get]): InstanceField => {
      const [name, title] = numbered(names, index);
      return field(
        name,
        title,
        'text',
        `${what} of NIC ${index}`,
        ofPart((i) => i.nics, index, get),
      );
    }),
  ),
].flat();

const state: InstanceField[] = [
  field(
    'status',
    'Status',
    always('text', Type.Enum(instanceStatuses)),
    'running; ADMIN_down and ADMIN_offline: stopped on purpose; ERROR_down: should run, and does not or stands still after a disk error (oper_problem); ERROR_up: should not run; ERROR_wrongnode: runs on another node; ERROR_nodedown and ERROR_nodeoffline: its primary node does not answer or is marked offline',
    (i, view) => liveInstance(i, view).status,
  ),
  field('oper_state', 'Running', 'bool', 'Whether it runs', (i, view) => {
    const { running, runtime } = liveInstance(i, view);
    return runtime?.problem === undefined ? running : false;
  }),
  field('oper_problem', 'Problem', 'text', 'Why its guest stands still although it should run, as after a disk error', (i, view) => {
    const { runtime, missing } = liveInstance(i, view);
    return runtime === undefined ? missing : (runtime.problem ?? null);
  }),
  field('oper_ram', 'Memory', 'unit', 'Memory as the hypervisor reports it', (i, view) => {
    const live = liveInstance(i, view);
    return live.runtime?.memory ?? live.missing;
  }),
  field('oper_vcpus', 'VCPUs', 'number', 'Virtual processors as the hypervisor reports them', (i, view) => {
    const live = liveInstance(i, view);
    return live.runtime?.vcpus ?? live.missing;
  }),
  field(
    'console',
    'Console',
    other(nullable(ConsoleResult)),
    'How to reach its console, as its console resource has it; unavailable while it does not run',
    (i, view) => {
      const { running, runtime, missing } = liveInstance(i, view);
      if (running !== true) return missing;
      // An agent of an earlier version does not tell.
      if (!runtime?.console && i.hypervisor !== 'fake') return undefined;
      return describeConsole(i, nodeName(i.primary_node, view), runtime?.console);
    },
  ),
];

/** Ganeti's other names of some fields. */
const otherNames: Record<string, string> = {
  bridge: 'nic.bridge/0',
  ip: 'nic.ip/0',
  mac: 'nic.mac/0',
  nic_link: 'nic.link/0',
  nic_mode: 'nic.mode/0',
  nic_network: 'nic.network/0',
  sda_size: 'disk.size/0',
  sdb_size: 'disk.size/1',
};

const ownNames: InstanceField[] = [
  ...identity,
  ...places,
  ...parameters,
  ...parameterFields,
  ...disks,
  ...nics,
  ...numberedFields,
  ...state,
  ...commonFields<Instance>('Instance'),
];
const byName = new Map(ownNames.map((one) => [one.name, one]));

/** Every field of an instance. */
export const instanceFields: readonly InstanceField[] = [
  ...ownNames,
  ...Object.entries(otherNames).flatMap(([name, of]) => {
    const original = byName.get(of);
    return original ? [{ ...original, name }] : [];
  }),
];
