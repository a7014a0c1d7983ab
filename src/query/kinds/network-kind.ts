import { Type } from 'typebox';
import type { Network } from '../../model/index.ts';
import { commonFields } from '../fields/common-fields.ts';
import { type Field, fieldsOf } from '../fields/field.ts';
import { niceSorted, niceSortedByName } from '../fields/nice-sort.ts';
import { always, listOf, names, other, textOrNull } from '../fields/value-types.ts';
import { networkRelations } from '../relations/network-relations.ts';
import type { ConfigView } from '../view.ts';
import { type AddressMap, addressMap, edgeAddresses, ipv4Number } from './address-map.ts';
import { defineKind } from './kind.ts';

const { stored, computed } = fieldsOf<Network>();

const instancesOf = (network: Network, { config }: ConfigView) => networkRelations.instances.of(network, config);

/** Addresses that no instance may get: edges of the network, the gateway, and what was reserved by hand. */
function reservations(network: Network): string[] {
  const all = new Set([...edgeAddresses(network.network), ...network.external_reservations]);
  if (network.gateway) all.add(network.gateway);
  return [...all].sort((left, right) => (ipv4Number(left) ?? 0) - (ipv4Number(right) ?? 0));
}

function addresses(network: Network, view: ConfigView): AddressMap {
  const used = instancesOf(network, view).flatMap((instance) =>
    instance.nics.flatMap((nic) => (nic.network === network.uuid && nic.ip ? [nic.ip] : [])),
  );
  return addressMap(network.network, [...reservations(network), ...used]);
}

/** Group name, mode, link and VLAN of each group it is connected to. */
function connections(network: Network, { config }: ConfigView): [string, string, string, string][] {
  return Object.entries(network.groups).flatMap(([uuid, { mode, link, vlan }]) => {
    const group = config.groups.get(uuid);
    return group ? [[group.name, mode, link, vlan] as [string, string, string, string]] : [];
  });
}

const fields: readonly Field<Network>[] = [
  stored('name', 'Network', always('text'), 'Name', (n) => n.name),
  stored('network', 'Subnet', always('text'), 'IPv4 subnet', (n) => n.network),
  stored('gateway', 'Gateway', other(textOrNull), 'IPv4 gateway', (n) => n.gateway),
  stored('network6', 'IPv6Subnet', other(textOrNull), 'IPv6 subnet', (n) => n.network6 ?? null),
  stored('gateway6', 'IPv6Gateway', other(textOrNull), 'IPv6 gateway', (n) => n.gateway6 ?? null),
  stored('mac_prefix', 'MacPrefix', other(textOrNull), 'First half of its MAC addresses', (n) => n.mac_prefix),
  computed('free_count', 'FreeCount', always('number'), 'Number of free addresses', (n, view) => addresses(n, view).free),
  computed('reserved_count', 'ReservedCount', always('number'), 'Number of taken addresses', (n, view) => addresses(n, view).reserved),
  computed('map', 'Map', always('text'), 'One character an address: X taken, . free', (n, view) => addresses(n, view).map),
  computed(
    'group_list',
    'GroupList',
    listOf(Type.Tuple([Type.String(), Type.String(), Type.String(), Type.String()])),
    'Node groups with mode, link and VLAN',
    connections,
  ),
  computed('group_cnt', 'NodeGroups', always('number'), 'Number of node groups', (n, view) => connections(n, view).length),
  computed('inst_list', 'InstanceList', names, 'Instances', (n, view) => niceSorted(instancesOf(n, view).map((one) => one.name))),
  computed('inst_cnt', 'Instances', always('number'), 'Number of instances', (n, view) => instancesOf(n, view).length),
  stored('external_reservations', 'ExternalReservations', always('text'), 'Addresses that no instance may get', (n) =>
    reservations(n).join(', '),
  ),
  ...commonFields('Network'),
];

export const networkKind = defineKind<Network>({
  name: 'network',
  fields,
  row: 'name network gateway network6 gateway6 mac_prefix free_count reserved_count map group_list inst_list external_reservations ctime mtime uuid serial_no tags',
  relations: networkRelations,
  items: ({ config }) => niceSortedByName(config.networks),
});
