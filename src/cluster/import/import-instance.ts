import { isUnicastIpv4, parseIpv4 } from '../../base/index.ts';
import {
  type Cluster,
  diskTemplateRow,
  fillBeparams,
  fillHvparams,
  fillNicparams,
  type ImportedInstance,
  type Instance,
  type Network,
  type Nic,
  type Node,
  nicparamsProblem,
  requireLogicalId,
} from '../../model/index.ts';
import { readHvparams } from '../lib/instances/new-instance.ts';
import { requireBeparams } from '../lib/instances/require-beparams.ts';
import { unusableIn } from '../lib/networking/address-use.ts';
import { connectionOf } from '../lib/networking/nic-parameters.ts';
import type { ImportNames } from './import-names.ts';
import { type ImportProblems, type ImportSource, importedUuid } from './import-source.ts';
import type { Reservations } from './reservations.ts';

export interface InstanceContext {
  /** As it is after the import. */
  readonly cluster: Cluster;
  readonly names: ImportNames;
  readonly problems: ImportProblems;
  readonly reservations: Reservations;
  readonly source: ImportSource;
  readonly remark: (text: string) => void;
}

type ImportedNic = NonNullable<ImportedInstance['nics']>[number];

/** An instance with what its file leaves open: MACs, addresses and ports are still to be chosen. */
export interface OpenInstance {
  readonly given: ImportedInstance;
  readonly instance: Instance;
  readonly networks: readonly (Network | undefined)[];
}

const missingMac = '';

/** Checks an instance and reserves what its file names. @throws IMPORT_FILE_INVALID */
export function openInstance(context: InstanceContext, given: ImportedInstance): OpenInstance {
  const { cluster, names, problems, source } = context;
  const by = `instance ${given.name}`;
  const primary = names.find('node', given.primary_node, by);
  const secondaries = (given.secondary_nodes ?? []).map((name) => names.find('node', name, by).uuid);
  if (new Set([primary.uuid, ...secondaries]).size <= secondaries.length) problems.invalid(`${by} names a node twice`);
  const uuid = given.uuid ?? importedUuid(source.digest, 'instance', given.name);
  const instance: Instance = {
    uuid,
    name: given.name,
    ctime: given.ctime ?? source.started,
    mtime: given.mtime ?? source.started,
    serial_no: 1,
    tags: [...new Set(given.tags ?? [])].sort(),
    primary_node: primary.uuid,
    secondary_nodes: secondaries,
    os: given.os ?? '',
    hypervisor: given.hypervisor,
    hvparams: problems.within(by, () => readHvparams(given.hypervisor, given.hvparams ?? {})),
    beparams: given.beparams ?? {},
    osparams: given.osparams ?? {},
    admin_state: given.admin_state ?? 'down',
    admin_state_source: given.admin_state_source ?? 'admin',
    disk_template: given.disk_template,
    disks: disksOf(context, given, uuid),
    nics: [],
    disks_active: false,
    network_port: given.network_port ?? null,
    forthcoming: false,
  };
  checkParameters(context, instance, by);
  const networks = (given.nics ?? []).map(({ network }) => (network ? names.find('network', network, by) : undefined));
  const nics = (given.nics ?? []).map((nic, index) =>
    openNic(context, { nic, index, network: networks[index], node: primary, given, uuid }),
  );
  const port = instance.network_port;
  if (port !== null) told(context, `${by}: console port ${port}`, context.reservations.takePort(port, by));
  names.add('instance', { ...instance, nics });
  return { given, instance: { ...instance, nics }, networks };

  function checkParameters({ cluster: merged }: InstanceContext, made: Instance, subject: string): void {
    if (!merged.enabled_hypervisors.includes(made.hypervisor)) problems.invalid(`${subject}: hypervisor ${made.hypervisor} is not enabled`);
    if (!merged.enabled_disk_templates.includes(made.disk_template))
      problems.invalid(`${subject}: disk template ${made.disk_template} is not enabled`);
    problems.within(subject, () => requireBeparams(fillBeparams(cluster, made), subject));
  }
}

/** The instance as it is stored, with everything that it needs for itself alone. @throws IMPORT_FILE_INVALID when there is no room */
export function closeInstance(context: InstanceContext, { given, instance, networks }: OpenInstance): Instance {
  const { cluster, problems, reservations } = context;
  const by = `instance ${instance.name}`;
  const nics = instance.nics.map((nic, index): Nic => {
    const network = networks[index];
    const wantsAddress = given.nics?.[index]?.ip === 'pool';
    const ip =
      wantsAddress && network
        ? (reservations.pickAddress(network, by) ?? problems.invalid(`${by}: network ${network.name} is full`))
        : nic.ip;
    const prefix = network?.mac_prefix ?? cluster.mac_prefix;
    return { ...nic, ip, mac: nic.mac === missingMac ? reservations.pickMac(prefix, nic.uuid, by) : nic.mac };
  });
  const needsPort =
    given.network_port === undefined &&
    Boolean(fillHvparams(cluster, instance.hypervisor, instance.os, instance.hvparams)['vnc_bind_address']);
  const port = needsPort ? (reservations.pickPort(by) ?? problems.invalid(`${by}: no console port is free`)) : instance.network_port;
  return { ...instance, nics, network_port: port };
}

function disksOf({ problems, source }: InstanceContext, given: ImportedInstance, uuid: string): Instance['disks'] {
  const disks = given.disks ?? [];
  if (disks.length > 0 && diskTemplateRow(given.disk_template).reach === 'none')
    problems.invalid(`instance ${given.name}: the template ${given.disk_template} has no disks`);
  return disks.map((disk, index) => {
    problems.within(`instance ${given.name}: disk ${index}: logical_id`, () => requireLogicalId(given.disk_template, disk.logical_id));
    return {
      name: null,
      mode: 'rw',
      format: 'raw',
      params: {},
      ...disk,
      uuid: disk.uuid ?? importedUuid(source.digest, 'disk', `${uuid} ${index}`),
      dev_type: given.disk_template,
    };
  });
}

interface NicWish {
  readonly nic: ImportedNic;
  readonly index: number;
  readonly network: Network | undefined;
  readonly node: Node;
  readonly given: ImportedInstance;
  /** Of the instance. */
  readonly uuid: string;
}

function openNic(context: InstanceContext, wish: NicWish): Nic {
  const { cluster, problems, reservations, source } = context;
  const { nic, index, network, node, given, uuid } = wish;
  const owner = `instance ${given.name}`;
  const by = `${owner}: NIC ${index}`;
  const connection = network && connectionOf(network, node.group);
  if (network && !connection) problems.invalid(`${by}: network ${network.name} is not connected to the group of node ${node.name}`);
  const nicparams = connection ?? nic.nicparams ?? {};
  const wrong = nicparamsProblem(fillNicparams(cluster, { nicparams }));
  if (wrong !== null) problems.invalid(`${by}: ${wrong}`);
  if (nic.mac !== undefined) told(context, `${by}: MAC address ${nic.mac}`, reservations.takeMac(nic.mac, owner));
  const ip = nic.ip === 'pool' ? null : (nic.ip ?? null);
  if (nic.ip === 'pool' && !network) problems.invalid(`${by}: "pool" needs a network`);
  if (ip !== null) reserveAddress(context, ip, wish, by);
  return {
    uuid: nic.uuid ?? importedUuid(source.digest, 'nic', `${uuid} ${index}`),
    name: nic.name ?? null,
    mac: nic.mac ?? missingMac,
    ip,
    network: network?.uuid ?? null,
    nicparams,
  };
}

function reserveAddress(context: InstanceContext, ip: string, { network, given }: NicWish, by: string): void {
  const { problems, reservations, remark } = context;
  const value = parseIpv4(ip);
  if (value === undefined || !isUnicastIpv4(value)) problems.invalid(`${by}: "${ip}" is not an IPv4 address that a host can have`);
  const unusable = network ? unusableIn(network, ip) : null;
  if (unusable !== null) problems.invalid(`${by}: ${ip}: ${unusable}`);
  const holder = reservations.takeAddress(ip, network?.uuid ?? null, `instance ${given.name}`);
  if (holder === undefined) return;
  // Outside of networks nobody knows which links are separate; a verification tells it, too.
  if (network || holder.startsWith('node ')) told(context, `${by}: address ${ip}`, holder);
  else remark(`${by}: the address ${ip} is also that of ${holder}.`);
}

function told({ problems }: InstanceContext, what: string, holder: string | undefined): void {
  if (holder !== undefined) problems.conflict(`${what} belongs to ${holder}`);
}
