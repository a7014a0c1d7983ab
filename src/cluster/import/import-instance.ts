import { isUnicastIpv4, parseIpv4 } from '../../base/index.ts';
import {
  fillBeparams,
  fillHvparams,
  fillNicparams,
  hypervisorRow,
  type ImportedInstance,
  type Instance,
  type Network,
  type Nic,
  type Node,
  nicparamsProblem,
  requiredNodes,
} from '../../model/index.ts';
import { readHvparams } from '../lib/instances/new-instance.ts';
import { requireBeparams } from '../lib/instances/require-beparams.ts';
import { unusableIn } from '../lib/networking/address-use.ts';
import { connectionOf } from '../lib/networking/nic-parameters.ts';
import { isConsolePort } from './import-cluster.ts';
import { importDisks } from './import-disks.ts';
import { importedUuid } from './import-source.ts';
import type { InstanceContext } from './instance-context.ts';

type ImportedNic = NonNullable<ImportedInstance['nics']>[number];

/** An instance with what its file leaves open: MACs, addresses and ports are still to be chosen. */
export interface OpenInstance {
  readonly given: ImportedInstance;
  readonly instance: Instance;
  readonly networks: readonly (Network | undefined)[];
}

const missingMac = '';

/** Checks an instance and reserves what its file names. @param at of it in the file @throws IMPORT_FILE_INVALID */
export function openInstance(context: InstanceContext, at: string, given: ImportedInstance): OpenInstance {
  const { names, problems, source } = context;
  const by = `instance ${given.name}`;
  const primary = names.find(`${at}.primary_node`, 'node', given.primary_node, by);
  const uuid = given.uuid ?? importedUuid(source.digest, 'instance', given.name);
  checkHypervisor(context, at, by, given);
  const instance: Instance = {
    uuid,
    name: given.name,
    ctime: given.ctime ?? source.started,
    mtime: given.mtime ?? source.started,
    serial_no: 1,
    tags: [...new Set(given.tags ?? [])].sort(),
    primary_node: primary.uuid,
    secondary_nodes: secondariesOf(context, at, by, given, primary),
    os: given.os ?? '',
    hypervisor: given.hypervisor,
    hvparams: problems.within(`${at}.hvparams`, by, () => readHvparams(given.hypervisor, given.hvparams ?? {})),
    beparams: given.beparams ?? {},
    osparams: given.osparams ?? {},
    admin_state: given.admin_state ?? 'down',
    admin_state_source: given.admin_state_source ?? 'admin',
    disk_template: given.disk_template,
    disks: [],
    nics: [],
    disks_active: false,
    network_port: given.network_port ?? null,
    forthcoming: false,
  };
  problems.within(at, by, () => requireBeparams(fillBeparams(context.cluster, instance), by));
  names.add(at, 'instance', instance);
  const disks = importDisks(context, at, given.disks ?? [], instance);
  const networks = (given.nics ?? []).map(({ network }, index) =>
    network ? names.find(`${at}.nics.${index}.network`, 'network', network, by) : undefined,
  );
  const nics = (given.nics ?? []).map((nic, index) =>
    openNic(context, { at: `${at}.nics.${index}`, nic, index, network: networks[index], node: primary, given, uuid }),
  );
  checkPort(context, at, by, instance.network_port);
  return { given, instance: { ...instance, disks, nics }, networks };
}

function checkHypervisor({ cluster, problems }: InstanceContext, at: string, by: string, given: ImportedInstance): void {
  const { hypervisor, disk_template: template } = given;
  if (!cluster.enabled_hypervisors.includes(hypervisor))
    problems.invalid(`${at}.hypervisor`, `${by}: hypervisor ${hypervisor} is not enabled`);
  if (!hypervisorRow(hypervisor).built) problems.invalid(`${at}.hypervisor`, `${by}: ${hypervisor} is not supported by this build`);
  if (!cluster.enabled_disk_templates.includes(template))
    problems.invalid(`${at}.disk_template`, `${by}: disk template ${template} is not enabled`);
}

function secondariesOf({ names, problems }: InstanceContext, at: string, by: string, given: ImportedInstance, primary: Node): string[] {
  const secondaries = (given.secondary_nodes ?? []).map(
    (name, index) => names.find(`${at}.secondary_nodes.${index}`, 'node', name, by).uuid,
  );
  if (new Set([primary.uuid, ...secondaries]).size <= secondaries.length)
    problems.invalid(`${at}.secondary_nodes`, `${by} names a node twice`);
  const wanted = requiredNodes(given.disk_template) - 1;
  if (secondaries.length !== wanted)
    problems.invalid(
      `${at}.secondary_nodes`,
      `${by}: the template ${given.disk_template} needs ${wanted} secondary nodes, not ${secondaries.length}`,
    );
  return secondaries;
}

function checkPort(context: InstanceContext, at: string, by: string, port: number | null): void {
  if (port === null) return;
  const member = `${at}.network_port`;
  if (!isConsolePort(port)) context.problems.invalid(member, `${by}: ${port} is not a port from 5900 to 65535`);
  told(context, member, `${by}: console port ${port}`, context.reservations.takePort(port, by));
}

/** The instance as it is stored, with everything that it needs for itself alone. @throws IMPORT_FILE_INVALID when there is no room */
export function closeInstance(context: InstanceContext, at: string, { given, instance, networks }: OpenInstance): Instance {
  const { cluster, problems, reservations } = context;
  const by = `instance ${instance.name}`;
  const nics = instance.nics.map((nic, index): Nic => {
    const network = networks[index];
    const wantsAddress = given.nics?.[index]?.ip === 'pool';
    const ip =
      wantsAddress && network
        ? (reservations.pickAddress(network, by) ?? problems.invalid(`${at}.nics.${index}.ip`, `${by}: network ${network.name} is full`))
        : nic.ip;
    const prefix = network?.mac_prefix ?? cluster.mac_prefix;
    return { ...nic, ip, mac: nic.mac === missingMac ? reservations.pickMac(prefix, nic.uuid, by) : nic.mac };
  });
  const needsPort =
    given.network_port === undefined &&
    Boolean(fillHvparams(cluster, instance.hypervisor, instance.os, instance.hvparams)['vnc_bind_address']);
  const port = needsPort ? (reservations.pickPort(by) ?? problems.invalid(at, `${by}: no console port is free`)) : instance.network_port;
  return { ...instance, nics, network_port: port };
}

interface NicWish {
  /** Of the NIC in the file. */
  readonly at: string;
  readonly nic: ImportedNic;
  readonly index: number;
  readonly network: Network | undefined;
  readonly node: Node;
  readonly given: ImportedInstance;
  /** Of the instance. */
  readonly uuid: string;
}

function openNic(context: InstanceContext, wish: NicWish): Nic {
  const { cluster, problems, reservations, source, uuids } = context;
  const { at, nic, index, network, node, given, uuid } = wish;
  const owner = `instance ${given.name}`;
  const by = `${owner}: NIC ${index}`;
  const connection = network && connectionOf(network, node.group);
  if (network && !connection)
    problems.invalid(`${at}.network`, `${by}: network ${network.name} is not connected to the group of node ${node.name}`);
  const nicparams = connection ?? nic.nicparams ?? {};
  const wrong = nicparamsProblem(fillNicparams(cluster, { nicparams }));
  if (wrong !== null) problems.invalid(`${at}.nicparams`, `${by}: ${wrong}`);
  if (nic.mac !== undefined) told(context, `${at}.mac`, `${by}: MAC address ${nic.mac}`, reservations.takeMac(nic.mac, owner));
  const ip = nic.ip === 'pool' ? null : (nic.ip ?? null);
  if (nic.ip === 'pool' && !network) problems.invalid(`${at}.ip`, `${by}: "pool" needs a network`);
  if (ip !== null) reserveAddress(context, ip, wish, by);
  const own = nic.uuid ?? importedUuid(source.digest, 'nic', `${uuid} ${index}`);
  const twice = uuids.take(own, by);
  if (twice !== null) problems.conflict(`${at}.uuid`, `${by}: ${twice}`);
  return { uuid: own, name: nic.name ?? null, mac: nic.mac ?? missingMac, ip, network: network?.uuid ?? null, nicparams };
}

function reserveAddress(context: InstanceContext, ip: string, { at, network, given }: NicWish, by: string): void {
  const { problems, reservations, remark } = context;
  const value = parseIpv4(ip);
  if (value === undefined || !isUnicastIpv4(value))
    problems.invalid(`${at}.ip`, `${by}: "${ip}" is not an IPv4 address that a host can have`);
  const unusable = network ? unusableIn(network, ip) : null;
  if (unusable !== null) problems.invalid(`${at}.ip`, `${by}: ${ip}: ${unusable}`);
  const holder = reservations.takeAddress(ip, network?.uuid ?? null, `instance ${given.name}`);
  if (holder === undefined) return;
  // Outside of networks nobody knows which links are separate; a verification tells it, too.
  if (network || holder.startsWith('node ')) told(context, `${at}.ip`, `${by}: address ${ip}`, holder);
  else remark(`${by}: the address ${ip} is also that of ${holder}.`);
}

function told({ problems }: InstanceContext, member: string, what: string, holder: string | undefined): void {
  if (holder !== undefined) problems.conflict(member, `${what} belongs to ${holder}`);
}
