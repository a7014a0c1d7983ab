import {
  type ClusterImport,
  diskTemplates,
  type Instance,
  keys,
  type NamedKind,
  type Network,
  Nicparams,
  type Node,
  type NodeGroup,
  nicparamsProblem,
  validate,
} from '../../model/index.ts';
import { type ConfigSnapshot, type ImportWrites, type ObjectOf, requireFits, type Write } from '../../store/index.ts';
import { claimsOf } from '../lib/instances/new-instance.ts';
import { requireIpolicy } from '../lib/instances/require-ipolicy.ts';
import { nodeAddressProblem } from '../lib/nodes/node-address.ts';
import { requireNetworkAddresses } from '../operations/network-add.ts';
import { DiskPlaces } from './disk-places.ts';
import { checkNames, importCluster } from './import-cluster.ts';
import { closeInstance, openInstance } from './import-instance.ts';
import { ImportNames } from './import-names.ts';
import { ImportProblems, type ImportSource, importedUuid } from './import-source.ts';
import type { InstanceContext } from './instance-context.ts';
import { Reservations } from './reservations.ts';
import { UuidBook } from './uuid-book.ts';

export interface PlannedImport {
  readonly writes: ImportWrites;
  /** How many objects there are of each kind. */
  readonly counts: Readonly<Record<NamedKind, number>>;
  /** What the operator should know, although it is possible. */
  readonly remarks: readonly string[];
}

/** UUIDs of the objects of a file, whatever of them is in the store already. */
export function importedUuids(given: ClusterImport, digest: string): ReadonlySet<string> {
  const of = (kind: NamedKind, objects: readonly { readonly uuid?: string; readonly name: string }[] = []) =>
    objects.map(({ uuid, name }) => uuid ?? importedUuid(digest, kind, name));
  return new Set([
    ...of('group', given.groups),
    ...of('node', given.nodes),
    ...of('network', given.networks),
    ...of('instance', given.instances),
  ]);
}

/**
 * What an import writes: the same file and the same store always give the same. Nodes have not joined yet.
 * @param base the store without anything of this file
 * @param clusterRevision of the last change of the cluster
 * @throws IMPORT_FILE_INVALID, IMPORT_CONFLICT
 */
export function planImport(base: ConfigSnapshot, clusterRevision: number, given: ClusterImport, source: ImportSource): PlannedImport {
  const problems = new ImportProblems(source.path);
  const cluster = importCluster(base.cluster, given, source, problems);
  const uuids = new UuidBook(base);
  const names = new ImportNames(base, problems, uuids);
  const reservations = new Reservations(base, cluster.port_range);
  const parts: Parts = { base, given, source, names, problems, reservations };
  const groups = groupsOf(parts);
  const nodes = nodesOf(parts);
  const networks = networksOf(parts);
  const remarks: string[] = [];
  const places = new DiskPlaces(base, cluster);
  const remark = (text: string) => void remarks.push(text);
  const context: InstanceContext = { cluster, names, uuids, places, problems, reservations, source, remark };
  // What is named is reserved first, then what is left open is chosen.
  const open = (given.instances ?? []).map((instance, index) => openInstance(context, `instances.${index}`, instance));
  problems.requireNone();
  const instances = open.map((instance, index) => closeInstance(context, `instances.${index}`, instance));
  const fitting = (member: string, writes: Write[]) => problems.within(member, '', () => (requireFits(writes), writes));
  const last = put(keys.cluster, JSON.stringify(cluster));
  const writes = {
    groups: [
      ...groups.map((group, index) => fitting(`groups.${index}`, written('group', group))),
      ...networks.map((network, index) => fitting(`networks.${index}`, written('network', network))),
      ...nodes.map((node, index) => fitting(`nodes.${index}`, written('node', node))),
      ...instances.map((instance, index) => fitting(`instances.${index}`, [...written('instance', instance), ...claimed(instance)])),
    ],
    last: given.cluster ? fitting('cluster', [last]).map((write) => ({ write, modRevision: clusterRevision })) : [],
  };
  const counts = { group: groups.length, node: nodes.length, network: networks.length, instance: instances.length };
  return { writes, counts, remarks };
}

interface Parts {
  readonly base: ConfigSnapshot;
  readonly given: ClusterImport;
  readonly source: ImportSource;
  readonly names: ImportNames;
  readonly problems: ImportProblems;
  readonly reservations: Reservations;
}

type Given = {
  readonly uuid?: string;
  readonly name: string;
  readonly ctime?: number;
  readonly mtime?: number;
  readonly tags?: readonly string[];
};

const common = (kind: NamedKind, { uuid, name, ctime, mtime, tags }: Given, { digest, started }: ImportSource) => ({
  uuid: uuid ?? importedUuid(digest, kind, name),
  name,
  ctime: ctime ?? started,
  mtime: mtime ?? started,
  serial_no: 1,
  tags: [...new Set(tags ?? [])].sort(),
});

function groupsOf({ given, source, names, problems }: Parts): NodeGroup[] {
  return (given.groups ?? []).map((group, index) => {
    const at = `groups.${index}`;
    const made = {
      alloc_policy: 'preferred' as const,
      ipolicy: {},
      ndparams: {},
      diskparams: {},
      ...group,
      ...common('group', group, source),
    };
    checkNames(`${at}.diskparams`, Object.keys(made.diskparams), diskTemplates, problems);
    problems.within(at, `group ${group.name}`, () => requireIpolicy(made.ipolicy, 'group'));
    names.add(at, 'group', made);
    return made;
  });
}

function nodesOf({ base, given, source, names, problems, reservations }: Parts): Node[] {
  return (given.nodes ?? []).map((node, index) => {
    const at = `nodes.${index}`;
    const by = `node ${node.name}`;
    const made: Node = {
      ...common('node', node, source),
      primary_ip: node.primary_ip,
      secondary_ip: node.secondary_ip ?? node.primary_ip,
      agent_port: node.agent_port ?? 1811,
      group: names.find(`${at}.group`, 'group', node.group, by).uuid,
      master_candidate: false,
      master_capable: node.master_capable ?? true,
      vm_capable: node.vm_capable ?? true,
      // It has not joined.
      offline: true,
      certificate_fingerprint: '',
      drained: false,
      powered: true,
      ndparams: node.ndparams ?? {},
    };
    for (const field of made.primary_ip === made.secondary_ip ? (['primary_ip'] as const) : (['primary_ip', 'secondary_ip'] as const)) {
      const ip = made[field];
      const problem = nodeAddressProblem(base, ip);
      if (problem !== null) problems.invalid(`${at}.${field}`, `${by}: ${problem}`);
      const holder = ip.startsWith('127.') ? undefined : reservations.takeNodeAddress(ip, by);
      if (holder !== undefined) problems.conflict(`${at}.${field}`, `${by}: address ${ip} belongs to ${holder}`);
    }
    names.add(at, 'node', made);
    return made;
  });
}

function networksOf({ given, source, names, problems }: Parts): Network[] {
  return (given.networks ?? []).map((network, index) => {
    const at = `networks.${index}`;
    const by = `network ${network.name}`;
    const made: Network = {
      ...common('network', network, source),
      network: network.network,
      gateway: network.gateway ?? null,
      network6: network.network6 ?? null,
      gateway6: network.gateway6 ?? null,
      mac_prefix: network.mac_prefix?.toLowerCase() ?? null,
      external_reservations: [...(network.external_reservations ?? [])],
      groups: Object.fromEntries(
        Object.entries(network.groups ?? {}).map(([group, how]) => {
          const place = `${at}.groups.${group}`;
          return [names.find(place, 'group', group, by).uuid, connection(problems, place, by, how)];
        }),
      ),
    };
    problems.within(at, by, () => requireNetworkAddresses({ ...made, add_reserved_ips: made.external_reservations }));
    names.add(at, 'network', made);
    return made;
  });
}

/** How a network is connected in a group; the store has looser forms of earlier versions. */
function connection(problems: ImportProblems, at: string, by: string, how: Network['groups'][string]): Network['groups'][string] {
  const wrong = nicparamsProblem(problems.within(at, by, () => validate(Nicparams, how, 'connection')));
  return wrong === null ? how : problems.invalid(at, `${by}: ${wrong}`);
}

const put = (key: string, value: string): Write => ({ type: 'put', key, value });

function written<K extends NamedKind>(kind: K, object: ObjectOf[K]): Write[] {
  return [put(keys[kind](object.uuid), JSON.stringify(object)), put(keys.name(kind, object.name), object.uuid)];
}

const claimed = (instance: Instance): Write[] => claimsOf(instance).map(({ what, value }) => put(keys.claim(what, value), instance.uuid));
