import { Type } from 'typebox';
import type { Instance, Network } from '../model/index.ts';
import { type AddressMap, addressMap, edgeAddresses, ipv4Number } from './address-map.ts';
import { commonFields, type Field, field } from './field.ts';
import { always, listOf, names, other, textOrNull } from './field-kinds.ts';
import { niceSorted } from './nice-sort.ts';
import type { View } from './view.ts';

const instancesOf = (network: Network, { config }: View): Instance[] =>
  [...config.instances.values()].filter((instance) => instance.nics.some((nic) => nic.network === network.uuid));

/** Addresses that no instance may get: edges of the network, the gateway, and what was reserved by hand. */
function reservations(network: Network): string[] {
  const all = new Set([...edgeAddresses(network.network), ...network.external_reservations]);
  if (network.gateway) all.add(network.gateway);
  return [...all].sort((left, right) => (ipv4Number(left) ?? 0) - (ipv4Number(right) ?? 0));
}

function addresses(network: Network, view: View): AddressMap {
  const used = instancesOf(network, view).flatMap((instance) =>
    instance.nics.flatMap((nic) => (nic.network === network.uuid && nic.ip ? [nic.ip] : [])),
  );
  return addressMap(network.network, [...reservations(network), ...used]);
}

/** Group name, mode, link and VLAN of each group it is connected to. */
function connections(network: Network, { config }: View): [string, string, string, string][] {
  return Object.entries(network.groups).flatMap(([uuid, { mode, link, vlan }]) => {
    const group = config.groups.get(uuid);
    return group ? [[group.name, mode, link, vlan] as [string, string, string, string]] : [];
  });
}

/** Every field of a network. */
export const networkFields: readonly Field<Network>[] = [
  field('name', 'Network', always('text'), 'Name', (n) => n.name),
  field('network', 'Subnet', always('text'), 'IPv4 subnet', (n) => n.network),
  field('gateway', 'Gateway', other(textOrNull), 'IPv4 gateway', (n) => n.gateway),
  field('network6', 'IPv6Subnet', other(textOrNull), 'IPv6 subnet', (n) => n.network6 ?? null),
  field('gateway6', 'IPv6Gateway', other(textOrNull), 'IPv6 gateway', (n) => n.gateway6 ?? null),
  field('mac_prefix', 'MacPrefix', other(textOrNull), 'First half of its MAC addresses', (n) => n.mac_prefix),
  field('free_count', 'FreeCount', always('number'), 'Number of free addresses', (n, view) => addresses(n, view).free),
  field('reserved_count', 'ReservedCount', always('number'), 'Number of taken addresses', (n, view) => addresses(n, view).reserved),
  field('map', 'Map', always('text'), 'One character an address: X taken, . free', (n, view) => addresses(n, view).map),
  field(
    'group_list',
    'GroupList',
    listOf(Type.Tuple([Type.String(), Type.String(), Type.String(), Type.String()])),
    'Node groups with mode, link and VLAN',
    connections,
  ),
  field('group_cnt', 'NodeGroups', always('number'), 'Number of node groups', (n, view) => connections(n, view).length),
  field('inst_list', 'InstanceList', names, 'Instances', (n, view) => niceSorted(instancesOf(n, view).map((one) => one.name))),
  field('inst_cnt', 'Instances', always('number'), 'Number of instances', (n, view) => instancesOf(n, view).length),
  field('external_reservations', 'ExternalReservations', always('text'), 'Addresses that no instance may get', (n) =>
    reservations(n).join(', '),
  ),
  ...commonFields<Network>('Network'),
];
