import {
  Cluster,
  type ClusterImport,
  type Instance,
  keys,
  type NamedKind,
  type Network,
  type Node,
  type NodeGroup,
  validate,
} from '../../model/index.ts';
import type { ConfigSnapshot, ImportWrites, ObjectOf, Write } from '../../store/index.ts';
import { claimsOf } from '../lib/instances/new-instance.ts';
import { nodeAddressProblem } from '../lib/nodes/node-address.ts';
import { requireNetworkAddresses } from '../operations/network-add.ts';
import { closeInstance, type InstanceContext, openInstance } from './import-instance.ts';
import { ImportNames } from './import-names.ts';
import { ImportProblems, type ImportSource, importedUuid } from './import-source.ts';
import { Reservations } from './reservations.ts';

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
  const cluster = problems.within('cluster', () => clusterAfter(base.cluster, given, source));
  const names = new ImportNames(base, problems);
  const reservations = new Reservations(base, cluster.port_range);
  const parts: Parts = { base, given, source, names, problems, reservations };
  const groups = groupsOf(parts);
  const nodes = nodesOf(parts);
  const networks = networksOf(parts);
  const remarks: string[] = [];
  const context: InstanceContext = { cluster, names, problems, reservations, source, remark: (text) => remarks.push(text) };
  // What is named is reserved first, then what is left open is chosen.
  const open = (given.instances ?? []).map((instance) => openInstance(context, instance));
  problems.requireNone();
  const instances = open.map((instance) => closeInstance(context, instance));
  const writes = {
    groups: [
      ...groups.map((group) => written('group', group)),
      ...networks.map((network) => written('network', network)),
      ...nodes.map((node) => written('node', node)),
      ...instances.map((instance) => [...written('instance', instance), ...claimed(instance)]),
    ],
    last: given.cluster ? [{ write: put(keys.cluster, JSON.stringify(cluster)), modRevision: clusterRevision }] : [],
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

function clusterAfter(old: Cluster, { cluster: changes }: ClusterImport, { started }: ImportSource): Cluster {
  return changes ? validate(Cluster, { ...old, ...changes, serial_no: old.serial_no + 1, mtime: started }, 'cluster') : old;
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

function groupsOf({ given, source, names }: Parts): NodeGroup[] {
  return (given.groups ?? []).map((group) => {
    const made = {
      alloc_policy: 'preferred' as const,
      ipolicy: {},
      ndparams: {},
      diskparams: {},
      ...group,
      ...common('group', group, source),
    };
    names.add('group', made);
    return made;
  });
}

function nodesOf({ base, given, source, names, problems, reservations }: Parts): Node[] {
  return (given.nodes ?? []).map((node) => {
    const by = `node ${node.name}`;
    const made: Node = {
      ...common('node', node, source),
      primary_ip: node.primary_ip,
      secondary_ip: node.secondary_ip ?? node.primary_ip,
      agent_port: node.agent_port ?? 1811,
      group: names.find('group', node.group, by).uuid,
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
    for (const ip of new Set([made.primary_ip, made.secondary_ip])) {
      const problem = nodeAddressProblem(base, ip);
      if (problem !== null) problems.invalid(`${by}: ${problem}`);
      const holder = ip.startsWith('127.') ? undefined : reservations.takeNodeAddress(ip, by);
      if (holder !== undefined) problems.conflict(`${by}: address ${ip} belongs to ${holder}`);
    }
    names.add('node', made);
    return made;
  });
}

function networksOf({ given, source, names, problems }: Parts): Network[] {
  return (given.networks ?? []).map((network) => {
    const by = `network ${network.name}`;
    const made: Network = {
      ...common('network', network, source),
      network: network.network,
      gateway: network.gateway ?? null,
      network6: network.network6 ?? null,
      gateway6: network.gateway6 ?? null,
      mac_prefix: network.mac_prefix?.toLowerCase() ?? null,
      external_reservations: [...(network.external_reservations ?? [])],
      groups: Object.fromEntries(Object.entries(network.groups ?? {}).map(([group, how]) => [names.find('group', group, by).uuid, how])),
    };
    problems.within(by, () => requireNetworkAddresses({ ...made, add_reserved_ips: made.external_reservations }));
    names.add('network', made);
    return made;
  });
}

const put = (key: string, value: string): Write => ({ type: 'put', key, value });

function written<K extends NamedKind>(kind: K, object: ObjectOf[K]): Write[] {
  return [put(keys[kind](object.uuid), JSON.stringify(object)), put(keys.name(kind, object.name), object.uuid)];
}

const claimed = (instance: Instance): Write[] => claimsOf(instance).map(({ what, value }) => put(keys.claim(what, value), instance.uuid));
